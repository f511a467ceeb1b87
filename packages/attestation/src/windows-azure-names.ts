import type { Json } from './canonical-json.ts'
import type { Claims } from './claims.ts'

type Teller = (claims: Claims) => Json

const shown = (claims: Claims, name: string): Json =>
  claims[name]?.verified === true ? claims[name].value : null
const same =
  (name: string): Teller =>
  (claims) =>
    shown(claims, name)

/** Each name of Azure's, and how it is told of our claims; null: it is not. */
const tellers: Readonly<Record<string, Teller>> = {
  'x-ms-azurevm-is-windows': same('windows'),
  'x-ms-azurevm-bootdebug-enabled': same('windows-boot-debug'),
  'x-ms-azurevm-kerneldebug-enabled': same('windows-kernel-debug'),
  'x-ms-azurevm-hypervisordebug-enabled': same('windows-hypervisor-debug'),
  'x-ms-azurevm-testsigning-enabled': same('windows-test-signing'),
  'x-ms-azurevm-flightsigning-enabled': same('windows-flight-signing'),
  'x-ms-azurevm-hvci-policy': same('windows-hvci-policy'),
  'x-ms-azurevm-debuggersdisabled': debuggersDisabled,
  'x-ms-azurevm-signingdisabled': (claims) =>
    noneOf(['windows-test-signing', 'windows-flight-signing'].map((name) => shown(claims, name))),
  'x-ms-azurevm-elam-enabled': (claims) => {
    const drivers = shown(claims, 'windows-elam')
    return Array.isArray(drivers) ? drivers.length > 0 : null
  },
}

/** The table of `azureNamesOfWindows`. */
export const windowsTellers = Object.entries(tellers)

/**
 * What Windows tells, under the names that Azure's attestation tokens have for it. Only what is
 * verified and reported is there: a name that is missing says nothing, above all not "no".
 *
 * `x-ms-azurevm-debuggersdisabled` and `-signingdisabled` need all of theirs; where no hypervisor was
 * launched, none is debugged. Azure has no name for Credential Guard, nor for VBS launched.
 */
export function azureNamesOfWindows(claims: Claims): Record<string, Json> {
  const told: Record<string, Json> = {}
  for (const [name, tell] of windowsTellers) {
    const value = tell(claims)
    if (value !== null) told[name] = value
  }
  return told
}

function debuggersDisabled(claims: Claims): boolean | null {
  const hypervisor =
    shown(claims, 'windows-hypervisor-launched') === false
      ? false
      : shown(claims, 'windows-hypervisor-debug')
  const others = ['windows-boot-debug', 'windows-kernel-debug'].map((name) => shown(claims, name))
  return noneOf([...others, hypervisor])
}

/** False once one is on; true only when every one is told to be off; else null. */
function noneOf(values: readonly Json[]): boolean | null {
  if (values.includes(true)) return false
  return values.every((value) => value === false) ? true : null
}
