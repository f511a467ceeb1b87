export { type BootDisk, type BootFile, openBootDisk } from './boot-disk.ts'
export { DEFAULT_LOADER } from './boot-options.ts'
export {
  confirmViolation,
  isRefused,
  type StoppedMachine,
  type Violation,
} from './confirm-violation.ts'
export { BootChainError, type BootChainErrorCode } from './errors.ts'
export {
  EXAMINED,
  type Examination,
  type Examined,
  type ExaminedRow,
} from './examine/examination.ts'
export { examineImage } from './examine/examine.ts'
export { type GrubRun, runGrub } from './grub.ts'
export { type GrubBuiltIn, grubBuiltIn } from './grub-image.ts'
export type { GrubMeasurement } from './grub-measurements.ts'
export { loaderCommandLine } from './grub-words.ts'
export { type ArchivedFile, modulesOfInitrd, readNewc } from './initrd.ts'
export { type PredictInput, predict, predictBoots } from './predict.ts'
export { type BootReport, type ImageReport, report } from './report.ts'
export { type BootChain, type BootImage, walk } from './walk.ts'
