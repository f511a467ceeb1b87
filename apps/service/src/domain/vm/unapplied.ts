import type { Json, JsonObject, Resource } from '../store.ts'
import { type Notice, stateOf, type VmState } from './vm.ts'

/** What was asked of a VM and its host has not done: kept until it has. */
export interface Unapplied {
  /** `hardwareProfile.vmSize` … */
  readonly paths: readonly string[]
  /** A VM that runs is restarted for it. */
  readonly restart: boolean
  /** Who asked for Secure Boot that was off. */
  readonly secureBootBy?: string
}

const DATA_DISKS = 'storageProfile.dataDisks'
const PATHS_MAX = 50

/** What a change leaves to be done, with what was not done before it; null: nothing. */
export function withUnapplied(
  vm: Resource,
  properties: JsonObject,
  { restart, secureBootBy }: { restart: boolean; secureBootBy: string | null },
): Pick<VmState, 'unapplied'> {
  const before = stateOf(vm).unapplied
  const paths = new Set([...(before?.paths ?? []), ...differences(vm.properties, properties)])
  if (paths.size === 0) return {}
  const unapplied: Unapplied = {
    paths: [...paths].slice(0, PATHS_MAX),
    restart: restart || before?.restart === true,
    ...(secureBootBy !== null && { secureBootBy }),
  }
  return { unapplied }
}

/**
 * The host has a VM as it was read: nothing of that is left to be done, unless it was changed since.
 * @param isDisksOnly its data disks alone.
 */
export function withApplied(
  vm: Resource,
  state: VmState,
  read: Pick<Resource, 'properties'>,
  isDisksOnly: boolean,
): VmState {
  const { unapplied, ...rest } = state
  const isChanged = JSON.stringify(vm.properties) !== JSON.stringify(read.properties)
  if (unapplied === undefined || isChanged) return state
  const paths = unapplied.paths.filter((path) => isDisksOnly && !path.startsWith(DATA_DISKS))
  return paths.length === 0 ? rest : { ...rest, unapplied: { ...unapplied, paths } }
}

/** What is told of it. */
export function noticeOf({ paths }: Unapplied): Notice {
  return {
    code: 'TrustedLaunch/NotApplied',
    level: 'Warning',
    message: `Asked for, and not so on the host: ${paths.join(', ')}. It is done when it is asked for again, or when the VM is started next.`,
  }
}

/** The paths of what differs; a list is one thing. */
function differences(a: Json | undefined, b: Json | undefined, path = ''): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return []
  if (!isObject(a) || !isObject(b)) return [path]
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return names.flatMap((name) =>
    differences(a[name], b[name], path === '' ? name : `${path}.${name}`),
  )
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
