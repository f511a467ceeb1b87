import { Copyable } from '../../../components/copyable.tsx'
import { visible } from './visible.ts'

const DIGEST = /^(?:[\w-]+:)?[0-9a-f]{40,128}$/i
const SHOWN_CHARS = 24

/** What a guest or a register says: digests to be copied, anything else as text. */
export function Value({ text }: { text: string }) {
  if (DIGEST.test(text)) return <Copyable text={text} short={SHOWN_CHARS} />
  return <bdi>{visible(text)}</bdi>
}
