/** How every room tries what reads foreign bytes. */
export { checkCodec, randomFrom, refuses } from './check-codec.ts'
export { checkCodecsAt } from './check-codecs.ts'
export { checkDecoder, decodersAt } from './check-decoder.ts'
export { startCollecting, type TriedDecoder } from './collect.ts'
export { withOddValue } from './odd-json.ts'
