import { BootChainError } from './errors.ts'

/** What `[ … ]` may ask the disk. */
export interface TestFiles {
  exists(path: string): boolean
  isDirectory(path: string): boolean
  /** Whether a file is there and holds something. It is opened, and so measured. */
  isFilled(path: string): boolean
}

const wordsMax = 64

/**
 * The value of `test` / `[ … ]` without its brackets: -e -f -d -s -n -z, = == !=, !, -a, -o.
 * @throws {BootChainError} UNPREDICTABLE: any other question.
 */
export function evaluateTest(words: readonly string[], files: TestFiles): boolean {
  if (words.length > wordsMax) throw unpredictable(words.slice(0, 4))
  const or = words.indexOf('-o')
  if (or >= 0) {
    const [first, second] = bothOf(words, or, files)
    return first || second
  }
  const and = words.indexOf('-a')
  if (and >= 0) {
    const [first, second] = bothOf(words, and, files)
    return first && second
  }
  if (words[0] === '!') return !evaluateTest(words.slice(1), files)
  return evaluateSimple(words, files)
}

/** GRUB looks at both sides, whatever the first one says. */
function bothOf(words: readonly string[], at: number, files: TestFiles): [boolean, boolean] {
  return [evaluateTest(words.slice(0, at), files), evaluateTest(words.slice(at + 1), files)]
}

function evaluateSimple(words: readonly string[], files: TestFiles): boolean {
  const [first, second, third] = words
  if (words.length === 0) return false
  if (words.length === 1) return first !== ''
  if (words.length === 2) return evaluateUnary(first!, second!, files)
  if (words.length === 3 && (second === '=' || second === '==')) return first === third
  if (words.length === 3 && second === '!=') return first !== third
  throw unpredictable(words)
}

function evaluateUnary(operator: string, operand: string, files: TestFiles): boolean {
  if (operator === '-n') return operand !== ''
  if (operator === '-z') return operand === ''
  if (operator === '-e') return files.exists(operand)
  if (operator === '-d') return files.isDirectory(operand)
  if (operator === '-f') return files.exists(operand) && !files.isDirectory(operand)
  if (operator === '-s') return files.isFilled(operand)
  throw unpredictable([operator, operand])
}

function unpredictable(words: readonly string[]): BootChainError {
  return new BootChainError('UNPREDICTABLE', `GRUB test: ${words.join(' ')}`, 'not foretold')
}
