import type { Json } from './canonical-json.ts'
import type { Claims } from './claims.ts'

/** Our claims that Azure has a name for as they are. */
const same = Object.entries({
  windows: 'x-ms-azurevm-is-windows',
  'windows-boot-debug': 'x-ms-azurevm-bootdebug-enabled',
  'windows-kernel-debug': 'x-ms-azurevm-kerneldebug-enabled',
  'windows-hypervisor-debug': 'x-ms-azurevm-hypervisordebug-enabled',
  'windows-test-signing': 'x-ms-azurevm-testsigning-enabled',
  'windows-flight-signing': 'x-ms-azurevm-flightsigning-enabled',
  'windows-hvci-policy': 'x-ms-azurevm-hvci-policy',
})

/**
 * What Windows tells, under the names that Azure's attestation tokens have for it. Only what is
 * verified and reported is there: a name that is missing says nothing, above all not "no".
 *
 * `x-ms-azurevm-debuggersdisabled` and `-signingdisabled` need all of theirs; where no hypervisor was
 * launched, none is debugged. Azure has no name for Credential Guard, nor for VBS launched.
 */
export function azureNamesOfWindows(claims: Claims): Record<string, Json> {
  const value = (name: string): Json =>
    claims[name]?.verified === true ? claims[name].value : null
  const hypervisorDebug =
    value('windows-hypervisor-launched') === false ? false : value('windows-hypervisor-debug')
  const debuggers = [value('windows-boot-debug'), value('windows-kernel-debug'), hypervisorDebug]
  const signing = [value('windows-test-signing'), value('windows-flight-signing')]
  const drivers = value('windows-elam')
  const told: Record<string, Json> = {}
  const tell = (name: string, value: Json) => {
    if (value !== null) told[name] = value
  }
  for (const [ours, azures] of same) tell(azures, value(ours))
  tell('x-ms-azurevm-debuggersdisabled', noneOf(debuggers))
  tell('x-ms-azurevm-signingdisabled', noneOf(signing))
  tell('x-ms-azurevm-elam-enabled', Array.isArray(drivers) ? drivers.length > 0 : null)
  return told
}

/** False once one is on; true only when every one is told to be off; else null. */
function noneOf(values: readonly Json[]): boolean | null {
  if (values.includes(true)) return false
  return values.every((value) => value === false) ? true : null
}
