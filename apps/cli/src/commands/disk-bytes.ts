import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { readable, requireReadable } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'
import type { Connection } from '../service/connection.ts'
import { endAccess, grantAccess, receivePieces, sendPieces } from '../service/disk-access.ts'
import { DISK } from '../service/disk-holders.ts'
import { found } from '../service/found.ts'
import { madeWhereMissing } from '../service/made-where-missing.ts'
import { inGroup } from '../service/standing.ts'
import { grouped, type VmOptions } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { told } from '../step.ts'

interface UploadOptions extends VmOptions {
  readonly name: string
  readonly os?: 'Linux' | 'Windows'
  readonly guestState?: string
}

interface DownloadOptions extends VmOptions {
  readonly guestState?: string
}

/** What of a file is there already when it was cut off. */
const PART = '.part'

/** `tl disk upload` and `tl disk download`: the same again goes on where it was cut off. */
export function diskBytesCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  const upload = grouped(new Command('upload'))
    .summary('a disk of a file, sent in pieces with their hashes; again goes on')
    .argument('<file>', 'a disk image: raw, qcow2, or a fixed VHD')
    .requiredOption('--name <name>', 'what the disk is to be called')
    .addOption(
      new Option('--os <system>', 'a VM is to start from it').choices(['Linux', 'Windows']),
    )
    .option('--guest-state <file>', 'its variable store, as download wrote it, or OVMF_VARS.fd')
    .addHelpText(
      'after',
      '\nExamples:\n  tl disk upload data.raw --name data\n  tl disk upload web.qcow2 --name web-os --os Linux\n\nWhat is zeros is not sent. The disk is there once the whole file hashes to what was sent; one that is not finished goes after a day.',
    )
    .action(async (file: string, options: UploadOptions) => {
      requireReadable(file)
      const disk = await withService((connection) => sent(connection, file, options, output))
      const { name } = options
      const next = `made ${name}: tl disk attach ${name} --vm NAME${inGroup(options)}\n`
      output.out(options.json === true ? jsonText(disk) : next)
      done(EXIT.affirming)
    })
  return [upload, downloadCommand(DISK, output, done)]
}

/** `download` of a disk or a snapshot. */
export function downloadCommand(
  type: string,
  output: Output,
  done: (code: ExitCode) => void,
): Command {
  const [what, of] =
    type === DISK ? ['disk', 'data data.raw'] : ['snapshot', 'before-data data.raw']
  return grouped(new Command('download'))
    .summary(`a ${what} as a raw file, as it is at one moment; again goes on`)
    .argument('<name>', `the ${what}'s name`)
    .argument('<file>', 'where it is written; must not be there')
    .option(
      '--guest-state <file>',
      'also its variable store, sealed: only this installation opens it',
    )
    .addHelpText('after', `\nExamples:\n  tl ${what} download ${of}`)
    .action(async (name: string, file: string, options: DownloadOptions) => {
      for (const each of [file, options.guestState])
        if (each !== undefined && existsSync(each))
          throw new Error(`${each} is there already: another name, or remove it`)
      const bytes = await withService((connection) =>
        received(connection, connection.resource(type, name, options.group), file, options, output),
      )
      output.out(options.json === true ? jsonText({ file, bytes }) : `wrote ${file}\n`)
      done(EXIT.affirming)
    })
}

/** @returns the disk as the control plane has it. */
async function sent(
  connection: Connection,
  file: string,
  { name, os, guestState, group }: UploadOptions,
  output: Output,
): Promise<unknown> {
  const path = connection.resource(DISK, name, group)
  const state =
    guestState === undefined ? null : readable(guestState, () => readFileSync(guestState))
  const { size } = statSync(file)
  const there = (await found(connection, path)) as any
  if (there !== null) requireWaiting(name, there, size)
  else {
    const location = await connection.location()
    const at = connection.group(group)
    await madeWhereMissing(connection, { method: 'PUT', path: at, body: { location } })
    const properties = propertiesOf(size, state !== null, os)
    await connection.client.ask('PUT', path, { location, properties })
  }
  const uris = await grantAccess(connection, path, 'Write', state !== null, output)
  const tell = told(output)
  const sha256 = await sendPieces(connection, uris.accessSAS, file, there === null, (percent) =>
    tell(`sending: ${percent} %`),
  )
  if (state !== null)
    await connection.ofSigned(uris.securityDataAccessSAS!, {
      ...{ method: 'PUT', body: state },
      headers: { 'content-type': 'application/octet-stream' },
    })
  await endAccess(connection, path, `making ${name}`, output, sha256)
  return connection.client.get(path)
}

function propertiesOf(
  uploadSizeBytes: number,
  hasState: boolean,
  osType: string | undefined,
): Record<string, any> {
  const createOption = hasState ? 'UploadPreparedSecure' : 'Upload'
  return {
    creationData: { createOption, uploadSizeBytes },
    ...(osType !== undefined && { osType, hyperVGeneration: 'V2' }),
    ...(hasState && { securityProfile: { securityType: 'TrustedLaunch' } }),
  }
}

/** A disk that waits for the rest of such a file. @throws {Error} it is another one. */
function requireWaiting(name: string, { properties }: any, size: number): void {
  const isWaiting = ['ReadyToUpload', 'ActiveUpload'].includes(properties.diskState)
  if (isWaiting && properties.creationData.uploadSizeBytes === size) return
  const why = isWaiting
    ? `waits for a file of ${properties.creationData.uploadSizeBytes} bytes, and this one has ${size}`
    : 'is there already'
  throw new Error(`the disk ${name} ${why}: another name, or tl disk delete ${name}`)
}

/** @returns how large it is. */
async function received(
  connection: Connection,
  path: string,
  file: string,
  { guestState }: DownloadOptions,
  output: Output,
): Promise<number> {
  const uris = await grantAccess(connection, path, 'Read', guestState !== undefined, output)
  const part = file + PART
  const tell = told(output)
  const bytes = await receivePieces(connection, uris.accessSAS, part, existsSync(part), (percent) =>
    tell(`receiving: ${percent} %`),
  )
  if (guestState !== undefined)
    writeFileSync(guestState, await connection.signed(uris.securityDataAccessSAS!), {
      ...{ mode: 0o600, flag: 'wx' },
    })
  renameSync(part, file)
  await endAccess(connection, path, 'ending access to it', output)
  return bytes
}
