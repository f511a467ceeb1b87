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

/** What no name holds: it would be another id, or none that prints. */
const NO_NAME = /[/\\?#%\p{Cc}]/u
const NAME_MAX = 260

/** Only a scope is more than a name. @throws {ArmError} `InvalidResourceName` */
export function requireNames(params: Readonly<Record<string, string>>): void {
  for (const [parameter, name] of Object.entries(params))
    if (parameter !== 'scope' && (NO_NAME.test(name) || name.length > NAME_MAX))
      throw new ArmError({
        status: 400,
        code: 'InvalidResourceName',
        message: `Resource name is invalid: at most ${NAME_MAX} characters, and none of / \\ ? # %.`,
        target: parameter,
      })
}
