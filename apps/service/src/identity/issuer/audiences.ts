/** What tokens of ours may be for, unless an operator says otherwise: what Azure's clients ask for. */
export const AUDIENCES: readonly string[] = [
  'https://management.azure.com',
  'https://management.core.windows.net',
  'https://attest.azure.net',
]

/**
 * What is asked for: by `scope` `{audience}/.default` (or another right of it) the audience before it; null:
 * nothing but who somebody is. A slash at an audience's end makes no other of it, as Azure has it.
 */
export function audienceAsked(scope: string | undefined): string | null {
  const asked = (scope ?? '').split(' ').find((each) => /^(?:https|api):\/\/./.test(each))
  if (asked === undefined) return null
  return asked.slice(0, Math.max(asked.lastIndexOf('/'), 'https://'.length)).replace(/\/+$/, '')
}

/** The configured audience that is meant; null: none of them. */
export function audienceOf(asked: string, audiences: readonly string[]): string | null {
  const bare = asked.replace(/\/+$/, '').toLowerCase()
  return audiences.find((audience) => audience.toLowerCase() === bare) ?? null
}
