/** What a role allows: of what is named in `actions`, all but what is named in `notActions`; data likewise. */
export interface Permission {
  readonly actions: readonly string[]
  readonly notActions: readonly string[]
  readonly dataActions: readonly string[]
  readonly notDataActions: readonly string[]
}

/**
 * Rights to what a VM showed of its inside (command lines, module paths, keys). No `*` of `actions` covers
 * them, so that who manages or reads a VM doesn't thereby read these.
 */
export const DATA_ACTIONS: readonly string[] = [
  'TrustedLaunch/announcedUpdates/*',
  'TrustedLaunch/drift/*',
  'TrustedLaunch/evidence/*',
  'TrustedLaunch/referenceValues/*',
]

/** Whether one permission, taken by itself, allows an action. */
export function permits(permission: Permission, action: string): boolean {
  const [given, taken] = isDataAction(action)
    ? [permission.dataActions, permission.notDataActions]
    : [permission.actions, permission.notActions]
  return (
    given.some((pattern) => matches(pattern, action)) &&
    !taken.some((pattern) => matches(pattern, action))
  )
}

/** Whether an action needs `dataActions`: see {@link DATA_ACTIONS}. */
export function isDataAction(action: string): boolean {
  return DATA_ACTIONS.some((pattern) => matches(pattern, action))
}

/**
 * Whether an action is named by a pattern: `*` stands for any characters, `/` too. Takes time by the
 * product of their lengths at most.
 */
export function matches(pattern: string, action: string): boolean {
  const [first, ...rest] = pattern.toLowerCase().split('*') as [string, ...string[]]
  const text = action.toLowerCase()
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
