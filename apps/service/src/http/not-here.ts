import { type Fault, faults, parseResourceId, typeOf } from '@trusted-launch/api'

/** Types of Azure that are not here and that its clients make unless they are told not to. */
const NOT_HERE: ReadonlyMap<string, string> = new Map([
  [
    'microsoft.network/applicationgateways',
    'Application gateways are not here; load balancers are.',
  ],
])

/** No such type; where somebody hardly asked for it, how it is left out. */
export function noSuchType(path: string): Fault {
  const fault = faults.invalidResourceType(path)
  const id = parseResourceId(path)
  const advice = id === null ? undefined : NOT_HERE.get(typeOf(id).toLowerCase())
  return advice === undefined ? fault : { ...fault, message: `${fault.message} ${advice}` }
}
