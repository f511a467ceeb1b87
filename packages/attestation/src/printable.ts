/** Without control characters: it is shown on terminals. */
export function printable(text: string): string {
  return text.replace(/[^\u0020-\u007e\n]/g, '?')
}
