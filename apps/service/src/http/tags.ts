import { ArmError, keyOf } from '@trusted-launch/api'

const TAGS_MAX = 50
const NAME_MAX = 512
const VALUE_MAX = 256
const RESERVED = /[<>%&\\?/\p{Cc}]/u
const PREFIXES = /^(?:microsoft|azure|windows)/i

/**
 * Tags as they may be: 50, with names that are the same in any case of letters.
 * @throws {ArmError} 400
 * @see Azure Resource Manager, "Use tags to organize your Azure resources", limitations
 */
export function requireTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(tags)
  if (names.length > TAGS_MAX)
    refuse(
      'InvalidTagsCount',
      `${names.length} tags were given. A resource has at most ${TAGS_MAX}.`,
    )
  for (const name of names) requireName(name)
  const twice = names.find((name, i) => names.findIndex((one) => keyOf(one) === keyOf(name)) < i)
  if (twice !== undefined)
    refuse(
      'DuplicateTagName',
      `The tag name '${twice}' is given twice: their case makes no difference.`,
    )
  for (const [name, value] of Object.entries(tags))
    if (value.length > VALUE_MAX)
      refuse(
        'InvalidTagValueLength',
        `Tag value too large.  Following tag value '${value.slice(0, VALUE_MAX)}…' of '${name}' exceeded the maximum length. Maximum allowed length for tag value - '${VALUE_MAX}' characters.`,
      )
  return { ...tags }
}

function requireName(name: string): void {
  if (name === '' || RESERVED.test(name))
    refuse(
      'InvalidTagNameCharacters',
      `The tag name '${name.slice(0, 100)}' is empty or has one of the reserved characters '<,>,%,&,\\,?,/' or a control character.`,
    )
  if (name.length > NAME_MAX)
    refuse(
      'InvalidTagNameLength',
      `Tag name too large. Maximum allowed length for tag name - '${NAME_MAX}' characters.`,
    )
  if (PREFIXES.test(name))
    refuse(
      'ReservedTagName',
      `The tag name '${name}' is reserved: none begins with 'microsoft', 'azure' or 'windows'.`,
    )
}

function refuse(code: string, message: string): never {
  throw new ArmError({ status: 400, code, message, target: 'tags' })
}
