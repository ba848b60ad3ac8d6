import { describe, expect, it } from 'vitest';
import { html, trusted } from '../../../../train/evaluation/drawing/html.ts';

describe('html', () => {
  it('escapes values in text and in attributes', () => {
    const hostile = `<script>"'&`;
    expect(html`<p title="${hostile}">${hostile}</p>`.source).toBe(
      '<p title="&#60;script&#62;&#34;&#39;&#38;">&#60;script&#62;&#34;&#39;&#38;</p>',
    );
  });

  it('nests pieces without escaping them again', () => {
    const items = ['a&b', 'c'].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}</ul>${3}${undefined}`.source).toBe('<ul><li>a&#38;b</li><li>c</li></ul>3');
  });

  it('replaces control characters by a visible one', () => {
    expect(html`${'a\u0000b\u001bc\n'}`.source).toBe('a\uFFFDb\uFFFDc\n');
  });

  it('inserts trusted source unescaped', () => {
    expect(html`<style>${trusted('a > b {}')}</style>`.source).toBe('<style>a > b {}</style>');
  });
});
