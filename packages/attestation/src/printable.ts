/** Without control characters: it is shown on terminals. */
export function printable(text: string): string {
  return /[^\u0020-\u007e\n]/.test(text) ? text.replace(/[^\u0020-\u007e\n]/g, '?') : text
}
