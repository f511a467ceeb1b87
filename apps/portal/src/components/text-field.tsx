import { Field, Input, type InputProps } from '@fluentui/react-components'
import { useId } from 'react'

interface Given {
  readonly label: string
  readonly value: string
  readonly onType: (value: string) => void
  readonly hint?: string
  readonly required?: boolean
  readonly type?: InputProps['type']
  readonly max?: number
  /** What may be typed, to choose from. */
  readonly known?: readonly string[]
}

/** A line of text, with its name, and what may stand there. */
export function TextField(given: Given) {
  const { label, value, onType, hint, required = false, type = 'text', max, known } = given
  const list = useId()
  return (
    <Field label={label} required={required} {...(hint !== undefined && { hint })}>
      <Input
        type={type}
        value={value}
        {...(max !== undefined && { maxLength: max })}
        {...(known !== undefined && { list })}
        onChange={(_, data) => onType(data.value)}
      />
      {known !== undefined && (
        <datalist id={list}>
          {known.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </Field>
  )
}
