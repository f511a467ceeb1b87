import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { serviceEnvironment, serviceFlags } from '../../../../tools/service-node.mjs'
import { dataDirectory, dataOption } from '../data-directory.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { type ServingOptions, servingWords, withServing } from '../serving-options.ts'

interface Options extends ServingOptions {
  readonly data?: string
  readonly listen: string
  readonly folder?: string
  readonly print?: boolean
}

const UNIT = 'trusted-launch.service'
const isRoot = () => process.getuid?.() === 0

/** `tl service install`: a unit of systemd's that keeps the control plane up. */
export function serviceCommand(output: Output, done: (code: ExitCode) => void): Command {
  const install = withServing(new Command('install'))
    .summary('write a systemd unit, and say how it is enabled')
    .description(
      'The unit runs `tl up` on this data folder: as root for the machine, otherwise for your user. Stopping or restarting it leaves VMs running.',
    )
    .addOption(dataOption())
    .option('--listen <host:port>', 'where it listens', '127.0.0.1:8443')
    .option('--folder <dir>', "where units lie (default: /etc/systemd/system, or your user's)")
    .option('--print', 'print the unit, and write nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  tl service install --print\n  tl service install --data /srv/vms',
    )
    .action((options: Options) => {
      const unit = unitText(dataDirectory(options), options.listen, servingWords(options))
      if (options.print === true) output.out(unit)
      else output.out(written(unit, options.folder ?? unitFolder()))
      done(EXIT.affirming)
    })
  return new Command('service')
    .summary('have systemd keep the control plane up')
    .addHelpText('after', '\nExamples:\n  tl service install --print\n  tl service install')
    .addCommand(install)
}

function unitFolder(): string {
  if (isRoot()) return '/etc/systemd/system'
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'systemd/user')
}

function written(unit: string, folder: string): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, UNIT)
  writeFileSync(file, unit)
  const user = isRoot() ? '' : '--user '
  const linger = isRoot()
    ? ''
    : '  loginctl enable-linger            # it starts without your signing in\n'
  return `wrote ${file}\n  systemctl ${user}daemon-reload\n  systemctl ${user}enable --now ${UNIT}\n${linger}`
}

/**
 * `KillMode=process`: VMs are processes of their own that the control plane finds again, and a stop is not theirs.
 * @see systemd.service(5), systemd.kill(5), "Command lines" for the quoting
 */
export function unitText(data: string, listen: string, serving: readonly string[]): string {
  const main = join(import.meta.dirname, '../main.ts')
  const node = [process.execPath, ...serviceFlags]
  const told = ['--data', data, '--listen', listen, ...serving]
  const command = [...node, main, 'up', ...told].map(quoted)
  const environment = Object.entries(serviceEnvironment).map(([name, value]) => `${name}=${value}`)
  return `[Unit]
Description=trusted-launch control plane
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart=${command.join(' ')}
Environment=${environment.join(' ')}
KillMode=process
TimeoutStopSec=15
Restart=on-failure
UMask=0077

[Install]
WantedBy=${isRoot() ? 'multi-user.target' : 'default.target'}
`
}

/** A word as systemd reads it back: no specifier, no variable, no escape in it is one. */
function quoted(word: string): string {
  const escaped = word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')
  return `"${escaped}"`
}
