import {
  AgentError,
  type Answer,
  type AnyQuestion,
  type EvidenceRequest,
  encodeAnswer,
  type LogName,
  type LogRequest,
  type Quoted,
  type Rollback,
} from '@trusted-launch/channel'
import type { Transport } from '@trusted-launch/tpm2'
import { readAkCertificate } from './ak-certificate.ts'
import { AttestationKey } from './attestation-key.ts'
import { EventLogFile } from './event-log-file.ts'
import { readInfo } from './info.ts'
import { ModuleMessages } from './module-messages.ts'
import { quoteBanks } from './quotes.ts'
import { extendRollbackIndex } from './rollback-index.ts'

/** Answers a host's questions from this guest's TPM and logs. */
export class Collector {
  readonly #tpm: Transport
  readonly #key: AttestationKey
  readonly #logs: Record<LogName, EventLogFile>
  readonly #messages: ModuleMessages

  constructor(tpm: Transport, logPaths: Record<LogName | 'kernelLog', string>) {
    this.#tpm = tpm
    this.#messages = new ModuleMessages(logPaths.kernelLog)
    this.#key = new AttestationKey(tpm)
    this.#logs = {
      eventLog: new EventLogFile(logPaths.eventLog),
      imaLog: new EventLogFile(logPaths.imaLog),
      userspaceLog: new EventLogFile(logPaths.userspaceLog),
    }
  }

  /** The frame that answers. @throws {AgentError | TpmError} there is no answer. */
  async answer(id: number, asked: AnyQuestion): Promise<Uint8Array> {
    switch (asked.name) {
      case 'info':
        return encodeAnswer(id, 'info', readInfo())
      case 'evidence':
        return encodeAnswer(id, 'evidence', await this.#evidence(asked.question))
      case 'log':
        return encodeAnswer(id, 'log', this.#logPart(asked.question))
      case 'akCertificate':
        return encodeAnswer(id, 'akCertificate', {
          certificate: await readAkCertificate(this.#tpm),
        })
      case 'rollback':
        return encodeAnswer(id, 'rollback', await this.#rollback(asked.question.extendNonce))
      case 'moduleMessages':
        return encodeAnswer(id, 'moduleMessages', { lines: this.#messages.read() })
    }
  }

  /** The logs' sizes are taken last: what IMA wrote until the quotes is in its list. */
  async #evidence(request: EvidenceRequest): Promise<Quoted> {
    const { handle, publicArea } = await this.#key.load()
    const quotes = await quoteBanks(this.#tpm, handle, request)
    const { extendNonce } = request
    return {
      quotes,
      akPublic: publicArea,
      akCertificate: await readAkCertificate(this.#tpm),
      rollback: extendNonce == null ? null : await this.#rollbackIfThere(handle, extendNonce),
      info: readInfo(),
      logSizes: {
        eventLog: this.#logs.eventLog.size(),
        imaLog: this.#logs.imaLog.size(),
        userspaceLog: this.#logs.userspaceLog.size(),
      },
    }
  }

  #logPart({ log, offset, sizeBytes }: LogRequest): Answer<'log'> {
    const bytes = this.#logs[log].read(offset, sizeBytes)
    if (bytes === null) throw new AgentError('log-unavailable', `this guest has no ${log}`)
    return { bytes }
  }

  async #rollback(extendNonce: Uint8Array): Promise<Rollback> {
    const { handle } = await this.#key.load()
    return extendRollbackIndex(this.#tpm, handle, extendNonce)
  }

  async #rollbackIfThere(handle: number, extendNonce: Uint8Array): Promise<Rollback | null> {
    try {
      return await extendRollbackIndex(this.#tpm, handle, extendNonce)
    } catch (e) {
      if (e instanceof AgentError && e.code === 'rollback-unavailable') return null
      throw e
    }
  }
}
