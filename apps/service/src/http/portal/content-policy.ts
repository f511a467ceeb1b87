/**
 * What the page may do: its own files, nothing inline but styles that bear this answer's nonce (Fluent and xterm make
 * style elements and give them it), no other origin, in nobody's frame, and no text that becomes script.
 * @see W3C Content Security Policy Level 3; Trusted Types
 */
export function contentPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}
