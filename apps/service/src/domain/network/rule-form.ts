import { ArmError, faults, keyOf } from '@trusted-launch/api'
import { listIn, requireMadeName } from '../links.ts'
import type { Json } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'

const [PRIORITY_MIN, PRIORITY_MAX] = [100, 4096]
/** What a rule says in one of several members, each of which may be a list. */
const ONE_OF = [
  ['SourceAddressPrefixes', 'SourceAddressPrefix', 'SourceApplicationSecurityGroups'],
  [
    'DestinationAddressPrefixes',
    'DestinationAddressPrefix',
    'DestinationApplicationSecurityGroups',
  ],
  ['SourcePortRanges', 'SourcePortRange'],
  ['DestinationPortRanges', 'DestinationPortRange'],
] as const

/**
 * The rules of a group say all that decides: what a half rule is about nobody knows, and of two with the same number
 * either may be asked first.
 * @throws {ArmError} `SecurityRuleParameterMissing`, `SecurityRuleParametersMissing`, `SecurityRuleInvalidPriority`,
 * `SecurityRuleConflict`; `InvalidParameter` of a name, an access or a direction that is none.
 */
export function requireRuleForms(group: string, rules: readonly Json[]): void {
  const [names, places] = [new Map<string, string>(), new Map<string, string>()]
  for (const one of rules) {
    const name = requireRuleForm(group, one)
    if (names.has(keyOf(name))) throw new ArmError(faults.invalidParameter(`securityRules.${name}`))
    names.set(keyOf(name), name)
    const properties = at(one, 'properties')
    const place = `${keyOf(textAt(properties, 'direction')!)} ${at(properties, 'priority')}`
    const other = places.get(place)
    if (other !== undefined)
      refuse(
        name,
        'SecurityRuleConflict',
        `Security rule ${other} conflicts with rule ${name}. Rules cannot have the same Priority and Direction. To learn more, see aka.ms/nsgrules.`,
      )
    places.set(place, name)
  }
}

/** @returns its name. */
function requireRuleForm(group: string, one: Json): string {
  const name = textAt(one, 'name')
  if (name === null) throw new ArmError(faults.missingParameter('securityRules.name'))
  requireMadeName(name, 'securityRules.name')
  const id = `${group}/securityRules/${name}`
  const properties = at(one, 'properties')
  for (const member of ['Protocol', 'Access', 'Direction'])
    if (isEmpty(given(properties, member)))
      refuse(
        name,
        'SecurityRuleParameterMissing',
        `Required security rule parameter ${member} is missing for security rule with Id: ${id}.`,
      )
  requireOne(name, 'access', textAt(properties, 'access'), ['Allow', 'Deny'])
  requireOne(name, 'direction', textAt(properties, 'direction'), ['Inbound', 'Outbound'])
  for (const members of ONE_OF)
    if (members.every((member) => isEmpty(given(properties, member))))
      refuse(
        name,
        'SecurityRuleParametersMissing',
        `Required security rule parameters are missing for security rule with Id: ${id}. Security rule must specify ${listed(members)}.`,
      )
  const priority = at(properties, 'priority') ?? 0
  const isPriority = Number.isInteger(priority) && inRange(Number(priority))
  if (!isPriority)
    refuse(
      name,
      'SecurityRuleInvalidPriority',
      `Security rule has invalid Priority. Value provided: ${priority} Allowed range ${PRIORITY_MIN}-${PRIORITY_MAX}.`,
    )
  return name
}

function given(properties: Json | undefined, member: string): Json | undefined {
  return at(properties, member[0]!.toLowerCase() + member.slice(1))
}

function isEmpty(value: Json | undefined): boolean {
  return value == null || value === '' || (Array.isArray(value) && listIn(value).length === 0)
}

function requireOne(rule: string, member: string, value: string | null, all: string[]): void {
  if (all.some((one) => keyOf(one) === keyOf(value ?? ''))) return
  throw new ArmError(faults.invalidParameter(`securityRules.${rule}.${member}`))
}

function inRange(priority: number): boolean {
  return priority >= PRIORITY_MIN && priority <= PRIORITY_MAX
}

/** `a, b, or c`; `a or b` */
function listed(names: readonly string[]): string {
  const comma = names.length > 2 ? ',' : ''
  return `${names.slice(0, -1).join(', ')}${comma} or ${names.at(-1)}`
}

function refuse(rule: string, code: string, message: string): never {
  throw new ArmError({ status: 400, code, message, target: `securityRules.${rule}` })
}
