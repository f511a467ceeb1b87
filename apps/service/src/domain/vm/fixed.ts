import { ArmError, type Fault } from '@trusted-launch/api'
import type { JsonObject } from '../store.ts'
import { at } from './vm.ts'

/** What a VM was made with stays. @throws {ArmError} `PropertyChangeNotAllowed` */
export function requireSame(before: JsonObject, after: JsonObject, path: string): void {
  const [was, is] = [before, after].map((one) => JSON.stringify(at(one, ...path.split('.'))))
  if (is === undefined || was === is) return
  throw new ArmError(changeRefused(path))
}

export function changeRefused(target: string): Fault {
  const message = `Changing property '${target}' is not allowed.`
  return { status: 409, code: 'PropertyChangeNotAllowed', message, target }
}
