import { InvalidArgumentError, Option } from 'commander'

/**
 * An option that takes one value each time it is given: what follows that value is an argument again, where
 * a variadic one would take it too. What is given replaces `initial`.
 */
export function repeatable(
  flags: string,
  description: string,
  { choices, initial }: { choices?: readonly string[]; initial?: readonly string[] } = {},
): Option {
  const option = new Option(flags, `${description} (repeatable)`)
  if (choices !== undefined) option.choices(choices)
  if (initial !== undefined) option.default(initial, initial.join(' and '))
  return option.argParser((value: string, former: readonly string[] | false | undefined) => {
    if (choices?.includes(value) === false)
      throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.`)
    return former && former !== initial ? [...former, value] : [value]
  })
}
