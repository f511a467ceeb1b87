import type { Duplex } from 'node:stream'
import { decode, encode, nameOf, numbers, struct, u32be } from '@trusted-launch/codec'
import { StreamExchange } from './stream-exchange.ts'

/** Commands of swtpm's control channel (`ptm_cmd`). @see swtpm, tpm_ioctl.h and swtpm_ioctls(3) */
export const PTM_CMD = numbers('PTM_CMD', { INIT: 2, SHUTDOWN: 3, GET_CONFIG: 15 })

/** Its results: 0, or a TPM 1.2 code of libtpms. @see swtpm, swtpm_ioctls(3) */
export const PTM_RESULT = numbers('PTM_RESULT', {
  SUCCESS: 0,
  BADPARAMETER: 0x03,
  FAIL: 0x09,
  BAD_ORDINAL: 0x0a,
  IOERROR: 0x1f,
  INVALID_POSTINIT: 0x26,
  /** TPM_RC_FAILURE: the state does not open with this key, or is damaged. */
  RC_FAILURE: 0x101,
})

/** Forget what a suspended TPM left (`PTM_INIT_FLAG_DELETE_VOLATILE`): a start is a start. */
const DELETE_VOLATILE = 1
const ANSWER_BYTES_MAX = 64

const RESULT = struct('ptm_res', { result: u32be })
const CONFIG = struct('ptm_getconfig', { result: u32be, flags: u32be })

/** Which keys a swtpm really uses (`PTM_CONFIG_FLAG`). */
export interface SwtpmConfig {
  readonly stateEncrypted: boolean
  readonly migrationEncrypted: boolean
}

/** The control channel refused. `result` is a `PTM_RESULT`. */
export class ControlError extends Error {
  readonly command: string
  readonly result: number

  constructor(command: number, result: number) {
    super(`${nameOf(PTM_CMD, command)}: ${nameOf(PTM_RESULT, result)} (0x${result.toString(16)})`)
    this.name = 'ControlError'
    this.command = nameOf(PTM_CMD, command)
    this.result = result
  }
}

/**
 * swtpm's control channel: what turns the emulated TPM on and off, beside the commands it obeys.
 * @see swtpm_ioctls(3)
 */
export class ControlChannel {
  readonly #exchange: StreamExchange

  constructor(stream: Duplex, timeoutMs: number) {
    this.#exchange = new StreamExchange(stream, timeoutMs)
  }

  /** Power on: reads the state. @throws {ControlError} `RC_FAILURE` for a state of another key. */
  async init(): Promise<void> {
    const flags = encode(u32be, DELETE_VOLATILE)
    this.#check(PTM_CMD.INIT, decode(RESULT, await this.#ask(PTM_CMD.INIT, 4, flags)).result)
  }

  /** Power off; swtpm ends. Send TPM2_Shutdown before. @throws {ControlError} */
  async shutdown(): Promise<void> {
    this.#check(PTM_CMD.SHUTDOWN, decode(RESULT, await this.#ask(PTM_CMD.SHUTDOWN, 4)).result)
  }

  /** @throws {ControlError} */
  async getConfig(): Promise<SwtpmConfig> {
    const { result, flags } = decode(CONFIG, await this.#ask(PTM_CMD.GET_CONFIG, 8))
    this.#check(PTM_CMD.GET_CONFIG, result)
    return { stateEncrypted: (flags & 1) !== 0, migrationEncrypted: (flags & 2) !== 0 }
  }

  close(): void {
    this.#exchange.close()
  }

  #ask(
    command: number,
    answerBytes: number,
    body: Uint8Array = new Uint8Array(),
  ): Promise<Uint8Array> {
    const question = new Uint8Array(4 + body.length)
    question.set(encode(u32be, command))
    question.set(body, 4)
    return this.#exchange.ask(question, () => answerBytes, ANSWER_BYTES_MAX)
  }

  #check(command: number, result: number): void {
    if (result !== PTM_RESULT.SUCCESS) throw new ControlError(command, result)
  }
}
