import { BootChainError } from './errors.ts'

/** What `[ … ]` may ask the disk. */
export interface TestFiles {
  exists(path: string): boolean
  isDirectory(path: string): boolean
}

const wordsMax = 64

/**
 * The value of `test` / `[ … ]` without its brackets: -e -f -d -s -n -z, = == !=, !, -a, -o.
 * @throws {BootChainError} UNPREDICTABLE: any other question.
 */
export function evaluateTest(words: readonly string[], files: TestFiles): boolean {
  if (words.length > wordsMax) throw unpredictable(words.slice(0, 4))
  const or = words.indexOf('-o')
  if (or >= 0)
    return evaluateTest(words.slice(0, or), files) || evaluateTest(words.slice(or + 1), files)
  const and = words.indexOf('-a')
  if (and >= 0)
    return evaluateTest(words.slice(0, and), files) && evaluateTest(words.slice(and + 1), files)
  if (words[0] === '!') return !evaluateTest(words.slice(1), files)
  return evaluateSimple(words, files)
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
  if (operator === '-f' || operator === '-s')
    return files.exists(operand) && !files.isDirectory(operand)
  throw unpredictable([operator, operand])
}

function unpredictable(words: readonly string[]): BootChainError {
  return new BootChainError('UNPREDICTABLE', `GRUB test: ${words.join(' ')}`, 'not foretold')
}
