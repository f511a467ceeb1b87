import { ArmError, faults } from '@trusted-launch/api'
import type { Authorizer, Caller } from '../domain/caller.ts'

const API_VERSION = /^\d{4}-\d{2}-\d{2}(?:-[a-z0-9-]{1,32})?$/i

/** Any well-formed one is taken, newer than today's too: one contract answers all. @throws {ArmError} */
export function apiVersionOf(query: Readonly<Record<string, string>>): string {
  const given = query['api-version']
  if (given === undefined || given === '') throw new ArmError(faults.missingApiVersion())
  if (!API_VERSION.test(given)) throw new ArmError(faults.invalidApiVersion(given))
  return given
}

/**
 * Lets in, or says no: to who sees nothing there, as if there were nothing. @throws {ArmError}
 */
export async function admit(
  authorizer: Authorizer,
  caller: Caller,
  action: string,
  scope: string,
): Promise<void> {
  const access = await authorizer.access(caller, action, scope)
  if (access === 'granted') return
  if (access === 'denied')
    throw new ArmError(faults.authorizationFailed(caller.name, caller.objectId, action, scope))
  const subscription = /^\/subscriptions\/([^/]+)/i.exec(scope)?.[1]
  throw new ArmError(
    subscription === undefined
      ? faults.authorizationFailed(caller.name, caller.objectId, action, scope)
      : faults.subscriptionNotFound(subscription),
  )
}

/** What no name holds: it would be another id, one that does not print, or one in another case of which there are two. */
const NO_NAME = /[/\\?#%\p{Cc}]|\P{ASCII}/u
const NO_SCOPE = /[\\?#%\p{Cc}]|\P{ASCII}/u
const NAME_MAX = 260
const SCOPE_MAX = 2048

/** Only a scope is more than a name. @throws {ArmError} `InvalidResourceName` */
export function requireNames(params: Readonly<Record<string, string>>): void {
  for (const [parameter, name] of Object.entries(params)) {
    const [wrong, max] = parameter === 'scope' ? [NO_SCOPE, SCOPE_MAX] : [NO_NAME, NAME_MAX]
    if (name !== '' && !wrong.test(name) && name.length <= max) continue
    throw new ArmError({
      status: 400,
      code: 'InvalidResourceName',
      message: `Resource name is invalid: 1 to ${max} characters of ASCII, and none of / \\ ? # %.`,
      target: parameter,
    })
  }
}
