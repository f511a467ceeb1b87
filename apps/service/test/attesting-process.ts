/**
 * A whole service in a process of its own, on a host that lies in a folder and whose VMs answer, each by a vTPM that
 * outlives the process. usage: attesting-process.ts DATA HOST; it says when it answers.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RecordedVm } from '@trusted-launch/attestation/recorded'
import type { Evidence, EvidenceRequest } from '@trusted-launch/channel'
import pino from 'pino'
import { FileMap } from '../../../bench/kills-host.ts'
import { openService } from '../src/service.ts'
import { AttestingHost } from './an-attesting-host.ts'
import type { ScriptedHost } from './scripted/host.ts'

const [data, place] = process.argv.slice(2) as [string, string]
/** So long an answer takes at most. */
const ANSWER_MS = 300
const vtpms = join(place, 'vtpms')
mkdirSync(vtpms, { recursive: true })

/** A VM with what its index was extended by, a line each: killed, it is as far as it was. */
function vmOf(id: string): RecordedVm {
  const path = join(vtpms, id)
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
  const extended = lines.map((line) => Uint8Array.from(Buffer.from(line, 'hex')))
  return new RecordedVm({ extended })
}

class LastingHost extends AttestingHost {
  constructor() {
    super(new FileMap(join(place, 'machines')))
  }

  override async collectEvidence(id: string, request: EvidenceRequest): Promise<Evidence> {
    await sleep(Math.random() * ANSWER_MS)
    const vm = vmOf(id)
    appendFileSync(join(vtpms, id), `${Buffer.from(request.extendNonce!).toString('hex')}\n`)
    await sleep(Math.random() * ANSWER_MS)
    return vm.answer(request)
  }
}

const host: ScriptedHost = new LastingHost()
await openService({
  ...{ data, location: 'local', publicNames: [], driver: host },
  listen: { host: '127.0.0.1', port: 0 },
  log: pino({ level: process.env.TL_TEST_LOG ?? 'silent' }, pino.destination(2)),
})
writeSync(1, 'serves\n')
