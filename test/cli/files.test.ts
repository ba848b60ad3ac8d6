import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder, writeFiles } from '../../cli/files.ts';
import { temporaryFolder } from '../fixtures/temporary.ts';

describe('makeFolder', () => {
  it('makes missing folders, and keeps existing ones', async () => {
    const folder = path.join(await temporaryFolder(), 'a', 'b', 'c');
    await makeFolder(folder);
    await writeFile(path.join(folder, 'file'), '');
    await makeFolder(folder);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('follows a link to a folder', async () => {
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, 'there'));
    await symlink('there', path.join(folder, 'link'));
    await makeFolder(path.join(folder, 'link'));
    await makeFolder(path.join(folder, 'link', 'inside'));
    expect(await readdir(path.join(folder, 'there'))).toEqual(['inside']);
  });

  // Node's own `mkdir` never returns for the last two.
  it.each([
    ['below a file', 'file/inside', 'ENOTDIR'],
    ['in place of a file', 'file', 'EEXIST'],
    ['in place of a link to nowhere', 'link', 'EEXIST'],
    ['below a link to nowhere', 'link/inside', 'ENOENT'],
    ['far below a link to nowhere', 'link/inside/it', 'ENOENT'],
  ])('fails %s', async (_, name, code) => {
    const folder = await folderOf({ file: '' });
    await symlink('/nowhere/at/all', path.join(folder, 'link'));
    await expect(makeFolder(path.join(folder, name))).rejects.toThrow(code);
  });
});

describe('writeFiles', () => {
  it('writes texts and bytes', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { 'a.txt': 'Crème', 'b.bin': Uint8Array.of(0, 255, 10), empty: '' });
    expect(await readFile(path.join(folder, 'a.txt'), 'utf8')).toBe('Crème');
    expect([...(await readFile(path.join(folder, 'b.bin')))]).toEqual([0, 255, 10]);
    expect(await readdir(folder)).toEqual(['a.txt', 'b.bin', 'empty']);
  });

  it('makes the folder, and those above it', async () => {
    const folder = path.join(await temporaryFolder(), 'runs', 'first');
    await writeFiles(folder, { 'a.txt': 'a' });
    expect(await readFile(path.join(folder, 'a.txt'), 'utf8')).toBe('a');
  });

  it('replaces longer files, and keeps others', async () => {
    const folder = await folderOf({ 'a.txt': 'a longer text than the new one', 'other.txt': 'other' });
    await writeFiles(folder, { 'a.txt': 'new', 'b.txt': 'new' });
    expect(await contentsOf(folder)).toEqual({ 'a.txt': 'new', 'b.txt': 'new', 'other.txt': 'other' });
  });

  it('changes nothing when one of the files cannot be written', async () => {
    const old = { 'a.txt': 'old', 'b.txt': 'old' };
    const folder = await folderOf(old);
    const files = { 'a.txt': 'new', 'b.txt': 'new', 'missing/c.txt': 'new' };
    await expect(writeFiles(folder, files)).rejects.toThrow('ENOENT');
    expect(await contentsOf(folder)).toEqual(old);
  });

  it('writes streamed content whole or not at all', async () => {
    const folder = await folderOf({ 'a.txt': 'old' });
    const bits = async function* (breaks: boolean) {
      yield 'one ';
      yield Buffer.from('two');
      if (breaks) throw new Error('broken off');
    };
    await expect(writeFiles(folder, { 'a.txt': bits(true) })).rejects.toThrow('broken off');
    expect(await contentsOf(folder)).toEqual({ 'a.txt': 'old' });
    await writeFiles(folder, { 'a.txt': bits(false) });
    expect(await contentsOf(folder)).toEqual({ 'a.txt': 'one two' });
  });

  it('stages files under random names, so that nobody can place a link there', async () => {
    const folder = await temporaryFolder();
    const names = new Set<string>();
    const content = async function* () {
      for (const name of await readdir(folder)) if (name !== 'a.txt') names.add(name);
      yield 'new';
    };
    for (let time = 0; time < 3; time++) await writeFiles(folder, { 'a.txt': content() });
    expect(names.size).toBe(3);
    for (const name of names) expect(name).toMatch(/^a\.txt\.[0-9a-f-]{36}\.edge-sentiment\.tmp$/);
  });

  it('cleans up when a file cannot be renamed', async () => {
    const folder = await folderOf({ 'b.txt': 'old' });
    await mkdir(path.join(folder, 'a.txt', 'inside'), { recursive: true }); // a folder stands in the way
    await expect(writeFiles(folder, { 'a.txt': 'new', 'b.txt': 'new' })).rejects.toThrow('a.txt');
    expect(await readdir(folder)).toEqual(['a.txt', 'b.txt']);
    expect(await readdir(path.join(folder, 'a.txt'))).toEqual(['inside']);
    expect(await readFile(path.join(folder, 'b.txt'), 'utf8')).toBe('old');
  });

  it('fails when the folder is a file', async () => {
    const folder = await folderOf({ 'a.txt': 'old' });
    await expect(writeFiles(path.join(folder, 'a.txt'), { 'b.txt': 'new' })).rejects.toThrow('EEXIST');
    expect(await contentsOf(folder)).toEqual({ 'a.txt': 'old' });
  });
});

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
  return folder;
}

async function contentsOf(folder: string): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const name of await readdir(folder)) contents[name] = await readFile(path.join(folder, name), 'utf8');
  return contents;
}
