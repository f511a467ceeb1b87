import { Field, Select } from '@fluentui/react-components'

/** One of a few, by what it is called. */
export function Choice(given: {
  label: string
  value: string
  of: readonly (readonly [value: string, shown: string])[]
  onChoose: (value: string) => void
  hint?: string
}) {
  const { label, value, of, onChoose, hint } = given
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      <Select value={value} onChange={(_, data) => onChoose(data.value)}>
        {of.map(([one, shown]) => (
          <option key={one} value={one}>
            {shown}
          </option>
        ))}
      </Select>
    </Field>
  )
}
