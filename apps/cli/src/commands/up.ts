import { join } from 'node:path'
import type { Service } from '@trusted-launch/service'
import { Command, InvalidArgumentError, Option } from 'commander'
import { cacheDirectory } from '../build-guest.ts'
import { dataDirectory, dataOption } from '../data-directory.ts'
import { type DatabaseOptions, settingsFrom, withDatabase } from '../database-options.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { proseOf } from '../log-prose.ts'
import { startedAgainText } from '../machine-text.ts'
import { jsonText, type Output } from '../output.ts'
import { type ServingOptions, servingFrom, withServing } from '../serving-options.ts'

interface Options extends DatabaseOptions, ServingOptions {
  readonly data?: string
  readonly hostData?: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly json?: boolean
}

/** The portal, as set-up built it. */
const portal = join(cacheDirectory, 'portal')
/** What runs is let go after this time, however it stands: another start goes on from what is on record. */
const STOP_MS = 8_000

/** `tl up`: the control plane, in the foreground. */
export function upCommand(output: Output, done: (code: ExitCode) => void): Command {
  return withServing(withDatabase(new Command('up')))
    .summary("serve the control plane: Azure's API for Trusted Launch VMs on this host")
    .description(
      'Makes its certificate authority, keys, database and first administrator on first run, serves HTTPS until SIGTERM or Ctrl-C, and leaves VMs running then.',
    )
    .addOption(dataOption())
    .addOption(listenOption())
    .option(
      '--host-data <dir>',
      'where VMs and their disks are, if services share them; remembered (default: the data folder)',
    )
    .option('--json', 'one JSON document once it serves, and a log in JSON on a terminal too')
    .addHelpText(
      'after',
      '\nExamples:\n  tl up\n  tl up --listen 0.0.0.0:8443 --public-name vms.example.org --json\n  tl up --database postgres://trusted_launch@/trusted_launch --host-data /srv/vms',
    )
    .action(async (options: Options) => {
      await up(options, output)
      done(EXIT.affirming)
    })
}

function listenOption(): Option {
  return new Option('--listen <host:port>', 'where to listen; port 0 picks a free one')
    .argParser(listenOf)
    .default({ host: '127.0.0.1', port: 8443 }, '127.0.0.1:8443')
}

function listenOf(text: string): Options['listen'] {
  const at = text.lastIndexOf(':')
  const port = Number(text.slice(at + 1))
  const host = text.slice(0, at).replace(/^\[|\]$/g, '')
  if (at < 1 || !/^\d+$/.test(text.slice(at + 1)) || port > 65_535)
    throw new InvalidArgumentError('HOST:PORT is wanted, such as 127.0.0.1:8443')
  return { host, port }
}

async function up(options: Options, output: Output): Promise<void> {
  const { openService, remember, sayRunning, sayStopped, settingsOf } = await import(
    '@trusted-launch/service'
  )
  const data = dataDirectory(options)
  const { listen, hostData } = options
  const given = {
    ...settingsFrom(options),
    ...(hostData !== undefined && { hostData }),
    ...(await servingFrom(options)),
  }
  const settings = settingsOf(data, given)
  const log = await logTo(output, options.json !== true && process.stderr.isTTY === true)
  const service = await openService({
    ...{ data, listen, log, location: 'local', publicNames: [], portal },
    ...settings,
  }).catch(explain(data))
  await remember(data, settings)
  await sayRunning(data)
  tell(options, output, service, data)
  await interrupted()
  const late = setTimeout(() => process.exit(EXIT.affirming), STOP_MS)
  await service.close()
  clearTimeout(late)
  sayStopped(data)
}

/** Structured lines on standard error; prose where a person reads them. */
async function logTo({ err }: Output, isProse: boolean) {
  const { default: pino } = await import('pino')
  const level = process.env.TL_LOG ?? 'warn'
  return pino(
    { level, redact: ['*.authorization', '*.password', '*.clientSecret'] },
    { write: isProse ? (line) => err(proseOf(line)) : err },
  )
}

function explain(data: string): (error: unknown) => never {
  return (error) => {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'state-locked')
      throw new Error(`another one serves ${data} already: tl down --data ${data} stops it`)
    if (code === 'EADDRINUSE') throw new Error(`${message}: --listen 127.0.0.1:0 picks a free port`)
    throw error
  }
}

function tell(
  { json }: Options,
  { out }: Output,
  { endpoint, startedAgain }: Pick<Service, 'endpoint' | 'startedAgain'>,
  data: string,
): void {
  const admin = `${data}/admin.json`
  const ca = `${data}/tls/authority.pem`
  const text = `The control plane serves ${endpoint}
  its certificate authority   ${ca}
  its first administrator     ${admin} (keep it secret)
  sign in                     npx tl login --admin ${admin}
  a first VM                  npx tl vm create --name web --image small
  the same in a browser       ${endpoint}/ (once signed in: npx tl portal)
  its end                     Ctrl-C, or npx tl down; VMs run on
`
  const one = { endpoint, caFile: ca, adminFile: admin, startedAgain }
  out(json === true ? jsonText(one) : text + startedAgainText(startedAgain))
}

/** `on`, not `once`: npm passes a signal on twice. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => resolve())
  })
}
