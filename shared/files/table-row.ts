/** Writes rows of tables. */

/**
 * A row of RFC 4180, except that it ends in LF, which every reader takes and line tools want. A cell that a spreadsheet would run
 * as a formula gets an apostrophe before it (https://owasp.org/www-community/attacks/CSV_Injection); numbers stay.
 */
export function tableRow(cells: readonly unknown[], delimiter: string): string {
  const written = cells.map((cell) => {
    const text = cell === undefined || cell === null ? '' : harmless(String(cell));
    return text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${written.join(delimiter)}\n`;
}

/** The beginning of a formula. Spreadsheets skip blanks before it. */
const FORMULA = /^[\s\uFEFF]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/;
const NUMBER = /^[-+]?(\d+([.,]\d+)*|\.\d+)(e[-+]?\d+)?%?$/i;

function harmless(cell: string): string {
  return (FORMULA.test(cell) || /^[\t\r]/.test(cell)) && !NUMBER.test(cell) ? `'${cell}` : cell;
}
