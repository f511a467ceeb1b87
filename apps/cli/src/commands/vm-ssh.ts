import { spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { configFolder } from '../service/profile.ts'
import { ownKey } from '../service/ssh-key.ts'
import { inGroup } from '../service/standing.ts'
import { type VmOptions, vmPath, vmVerb } from '../service/vm-command.ts'
import { takesSsh, type VmView, viewOfVm } from '../service/vm-view.ts'
import { withService } from '../service/with-service.ts'

interface Options extends VmOptions {
  readonly user?: string
}

/** What ssh ends with where it did not get in. */
const SSH_FAILED = 255
const BANNER_MS = 3_000

/** A guest that boots has so long to answer. */
const CONNECT_S = 20

/** `tl vm ssh`: the machine's own ssh, to the port that the host forwards to a VM. */
export function vmSshCommand(output: Output, done: (code: ExitCode) => void): Command {
  return vmVerb('ssh', 'a shell in a VM, or one command there')
    .description(
      "Runs ssh to the port of the host's loopback that is forwarded to the VM: it works on the host itself. The VM's host key is remembered when first seen, for this VM alone.",
    )
    .argument('[command...]', 'what to run there; after --')
    .option('--user <name>', 'as whom (default: its administrator)')
    .addHelpText('after', '\nExamples:\n  tl vm ssh web\n  tl vm ssh web -- uname -r')
    .action(async (name: string, command: readonly string[], options: Options) => {
      const vm = await withService(async (connection) =>
        viewOfVm(
          await connection.client.get(`${vmPath(connection, name, options)}?$expand=instanceView`),
        ),
      )
      const args = [...sshArguments(vm, options.user), ...command]
      if (options.json === true) output.out(jsonText(['ssh', ...args]))
      if (options.json !== true) output.err(`ssh to ${name}, at ${vm.ssh} …\n`)
      if (options.json === true) return done(EXIT.affirming)
      const code = await ssh(args)
      if ((code as number) === SSH_FAILED && !(await answersSsh(vm.ssh!)))
        output.err(`no SSH answers in it: tl vm console ${name}${inGroup(options)}\n`)
      done(code)
    })
}

/** @throws {Error} the VM's image has no sshd, or it does not run, or has no forwarded port. */
export function sshArguments(vm: VmView, user = vm.user): string[] {
  if (!takesSsh(vm))
    throw new Error(`${vm.name} takes no SSH, its image has none: tl vm console ${vm.name}`)
  if (vm.power !== 'running') throw new Error(`${vm.name} is ${vm.power}: tl vm start ${vm.name}`)
  if (vm.ssh === null) throw new Error(`${vm.name} has no forwarded port: its host gave it none`)
  const colon = vm.ssh.lastIndexOf(':')
  const [host, port] = [vm.ssh.slice(0, colon), vm.ssh.slice(colon + 1)]
  if (!/^[\w.]+$/.test(host) || !/^\d+$/.test(port))
    throw new Error(`${vm.ssh} is no address to connect to`)
  const key = existsSync(ownKey()) ? ['-i', ownKey()] : []
  return [
    ...['-p', port, ...key, '-o', `ConnectTimeout=${CONNECT_S}`],
    ...['-o', `HostKeyAlias=vm-${vm.vmId}`, '-o', 'StrictHostKeyChecking=accept-new'],
    ...['-o', `UserKnownHostsFile="${join(configFolder(), 'known_hosts')}"`],
    ...['--', `${user ?? 'azureuser'}@${host}`],
  ]
}

function ssh(args: readonly string[]): Promise<ExitCode> {
  mkdirSync(configFolder(), { recursive: true, mode: 0o700 })
  const child = spawn('ssh', args, { stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'ENOENT' ? new Error('there is no ssh here: install openssh-client') : cause,
      ),
    )
    child.on('exit', (code, signal) =>
      resolve((code ?? 128 + constants.signals[signal!]) as ExitCode),
    )
  })
}

/** Whether somebody speaks SSH at `HOST:PORT`: a forwarded port is open whoever is behind it. */
export function answersSsh(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(':')
  const socket = connect(Number(address.slice(colon + 1)), address.slice(0, colon))
  return new Promise<boolean>((resolve) => {
    socket.setTimeout(BANNER_MS, () => resolve(false))
    socket.on('data', (bytes) => resolve(bytes.subarray(0, 4).toString('latin1') === 'SSH-'))
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(false))
  }).finally(() => socket.destroy())
}
