import { describe, expect, it } from 'vitest';
import { html, trusted } from '../../../../train/evaluation/drawing/html.ts';

describe('html', () => {
  it('escapes what is put into it, in text and in attributes', () => {
    const hostile = `<script>"'&`;
    expect(html`<p title="${hostile}">${hostile}</p>`.source).toBe(
      '<p title="&#60;script&#62;&#34;&#39;&#38;">&#60;script&#62;&#34;&#39;&#38;</p>',
    );
  });

  it('puts pieces into one another, once escaped', () => {
    const items = ['a&b', 'c'].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}</ul>${3}${undefined}`.source).toBe('<ul><li>a&#38;b</li><li>c</li></ul>3');
  });

  it('shows that there was a control character', () => {
    expect(html`${'a\u0000b\u001bc\n'}`.source).toBe('a\uFFFDb\uFFFDc\n');
  });

  it('leaves our own source alone', () => {
    expect(html`<style>${trusted('a > b {}')}</style>`.source).toBe('<style>a > b {}</style>');
  });
});
