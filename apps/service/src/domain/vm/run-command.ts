import { ArmError, type Fault, faults } from '@trusted-launch/api'
import { listIn } from '../links.ts'
import type { JsonObject, Resource } from '../store.ts'
import { at, stateOf, textAt } from './vm.ts'

/** What a client wants run in a VM. */
export interface Command {
  readonly script: string
  readonly environment: Readonly<Record<string, string>>
}

/** How it ended in the guest, by its own word. */
export interface CommandEnd {
  /** Null: it was killed. */
  readonly exitCode: number | null
  /** The ends of what it wrote. */
  readonly stdout: string
  readonly stderr: string
}

/** What Azure calls the one document there is. */
export const RUN_SHELL_SCRIPT = 'RunShellScript'
export const COMMAND_SECONDS = 300
const SCRIPT_CHARS_MAX = 16_384
const PARAMETERS_MAX = 64
const VARIABLE = /^[A-Za-z_]\w{0,63}$/

/** What a command is kept under, sealed, from the request until it ran: it may hold secrets. */
export const commandKey = (key: string) => `command/${key}`

/** Azure's switch, taken at a VM's creation; off where nobody said so, unlike there. */
export function takesCommands(vm: Pick<Resource, 'properties'>): boolean {
  return at(vm.properties, 'osProfile', 'allowExtensionOperations') === true
}

/** @throws {ArmError} 409: not with this VM, or not now. */
export function requireCommands(vm: Resource): void {
  if (!takesCommands(vm))
    throw new ArmError(
      faults.operationNotAllowed(
        `Run command is off on VM '${vm.name}': it goes through qemu-guest-agent only, in VMs that were made with osProfile.allowExtensionOperations true. The attestation agent never runs commands.`,
      ),
    )
  if (stateOf(vm).power !== 'running')
    throw new ArmError(
      faults.operationNotAllowed('The operation requires the VM to be running (or set to run).'),
    )
}

/** The script of a `RunCommandInput`, its parameters as variables. @throws {ArmError} */
export function commandOf(input: JsonObject): Command {
  const id = textAt(input, 'commandId')
  if (id === null) throw new ArmError(faults.missingParameter('commandId'))
  if (id.toLowerCase() !== RUN_SHELL_SCRIPT.toLowerCase()) throw new ArmError(unknownCommand(id))
  const lines = listIn(input.script)
  if (lines.length === 0) throw new ArmError(faults.missingParameter('script'))
  const script = `${lines.join('\n')}\n`
  const parameters = listIn(input.parameters)
  const isShort = script.length <= SCRIPT_CHARS_MAX && parameters.length <= PARAMETERS_MAX
  if (!isShort) throw new ArmError(faults.invalidParameter('script'))
  return { script, environment: Object.fromEntries(parameters.map(variableOf)) }
}

function variableOf(parameter: JsonObject[string]): [name: string, value: string] {
  const [name, value] = [textAt(parameter, 'name') ?? '', textAt(parameter, 'value') ?? '']
  if (VARIABLE.test(name) && value.length <= SCRIPT_CHARS_MAX && !value.includes('\0'))
    return [name, value]
  throw new ArmError(faults.invalidParameter('parameters'))
}

function unknownCommand(id: string): Fault {
  const message = `The command '${id.slice(0, 80)}' is none that VMs take here: there is ${RUN_SHELL_SCRIPT}.`
  return { status: 404, code: 'NotFound', message, target: 'commandId' }
}

/** As Azure's `RunCommandResult` has it. */
export function resultOf({ exitCode, stdout, stderr }: CommandEnd): JsonObject {
  const isGood = exitCode === 0
  const how = isGood
    ? 'Enable succeeded: '
    : `Enable failed: failed to execute command: command terminated with exit status=${exitCode ?? 'none'}`
  return {
    value: [
      {
        code: `ProvisioningState/${isGood ? 'succeeded' : 'failed'}`,
        level: isGood ? 'Info' : 'Error',
        displayStatus: `Provisioning ${isGood ? 'succeeded' : 'failed'}`,
        message: `${how}\n[stdout]\n${stdout}\n[stderr]\n${stderr}`,
      },
    ],
  }
}

/** The documents that `runCommands` of a location lists. */
export const commandDocuments: readonly JsonObject[] = [
  {
    $schema: 'http://schema.management.azure.com/schemas/2016-11-17/runcommands.json',
    id: RUN_SHELL_SCRIPT,
    osType: 'Linux',
    label: 'Executes a Linux shell script',
    description: `Runs a shell script by the guest's qemu-guest-agent, for at most ${COMMAND_SECONDS} s.`,
  },
]
