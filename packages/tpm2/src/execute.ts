import { Reader, u16be, u32be, Writer, within } from '@trusted-launch/codec'
import { password, TPMS_AUTH_COMMAND, TPMS_AUTH_RESPONSE } from './authorization.ts'
import type { Command } from './command.ts'
import { TPM_ST } from './constants.ts'
import { TpmError } from './errors.ts'
import { responseBytesMax, type Transport } from './transport.ts'

/**
 * Sends one command and reads its response; the only function that knows sessions.
 *
 * @param given the command's handles and parameters, under Part 3's names.
 * @param authorizations one for each handle that needs one, in order; what is missing is an empty
 *   password.
 * @throws {TpmError} the TPM refused.
 * @throws {MalformedError} the response is not what Part 3 says, or longer than `responseBytesMax`.
 *   What went wrong in the TPM by then is unknown.
 * @see TPM 2.0 Part 1, 18; Part 3, 5
 */
export async function execute<G, A>(
  tpm: Transport,
  command: Command<G, A>,
  given: NoInfer<G>,
  authorizations: readonly TPMS_AUTH_COMMAND[] = [],
): Promise<A> {
  const response = await tpm.send(encodeCommand(command, given, authorizations))
  return within(`TPM2_${command.name}`, () => decodeResponse(command, response))
}

/** The bytes of a command. @throws {RangeError} a value its layout cannot hold. */
export function encodeCommand<G>(
  command: Command<G, unknown>,
  given: NoInfer<G>,
  authorizations: readonly TPMS_AUTH_COMMAND[] = [],
): Uint8Array {
  if (authorizations.length > command.authorizations)
    throw new RangeError(`${authorizations.length} authorizations for TPM2_${command.name}`)
  const values = given as Record<string, unknown>
  const to = new Writer()
  u16be.write(to, command.authorizations > 0 ? TPM_ST.SESSIONS : TPM_ST.NO_SESSIONS)
  u32be.write(to, 0)
  u32be.write(to, command.code)
  for (const handle of command.handles) u32be.write(to, values[handle] as number)
  if (command.authorizations > 0) writeAuthorizations(to, command.authorizations, authorizations)
  command.parameters.write(to, values)
  to.view.setUint32(2, to.length)
  return to.finish()
}

function writeAuthorizations(to: Writer, count: number, given: readonly TPMS_AUTH_COMMAND[]): void {
  const area = new Writer()
  for (let i = 0; i < count; i++) TPMS_AUTH_COMMAND.write(area, given[i] ?? password())
  u32be.write(to, area.length)
  to.put(area.finish())
}

function decodeResponse<A>(command: Command<unknown, A>, response: Uint8Array): A {
  const from = new Reader(response)
  if (response.length > responseBytesMax) throw from.malformed(`${response.length} bytes`)
  const tag = u16be.read(from)
  const size = u32be.read(from)
  if (size !== response.length) throw from.malformed(`${response.length} bytes, not ${size}`)
  const rc = u32be.read(from)
  if (rc !== 0) throw refusal(command.name, tag, rc, from)
  const expected = command.authorizations > 0 ? TPM_ST.SESSIONS : TPM_ST.NO_SESSIONS
  if (tag !== expected) throw from.malformed(`tag 0x${tag.toString(16)}`)
  return readAnswer(command, from)
}

/** A refusal is a header and nothing else; TPM_RC_BAD_TAG comes with the tag of TPM 1.2. */
function refusal(name: string, tag: number, rc: number, from: Reader): TpmError {
  if (tag !== TPM_ST.NO_SESSIONS && tag !== TPM_ST.RSP_COMMAND)
    throw from.malformed(`tag 0x${tag.toString(16)}`)
  from.finish()
  return new TpmError(name, rc)
}

function readAnswer<A>(command: Command<unknown, A>, from: Reader): A {
  const handle = command.answerHandle === null ? {} : { [command.answerHandle]: u32be.read(from) }
  if (command.authorizations === 0) return finish(command, handle, from)
  const parameters = from.slice(u32be.read(from))
  for (let i = 0; i < command.authorizations; i++)
    within(`authorization[${i}]`, () => TPMS_AUTH_RESPONSE.read(from))
  from.finish()
  return finish(command, handle, parameters)
}

function finish<A>(command: Command<unknown, A>, handle: object, from: Reader): A {
  const answer = { ...handle, ...command.answer.read(from) }
  from.finish()
  return answer
}
