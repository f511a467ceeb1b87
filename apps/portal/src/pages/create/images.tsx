import { Field, Link, Select, Text } from '@fluentui/react-components'
import { useState } from 'react'
import { Properties } from '../../components/properties.tsx'
import { Failed } from '../../components/states.tsx'
import { useTexts } from '../../texts/texts.ts'
import { Report } from '../image/report.tsx'
import { useFault, useForm } from './form.ts'
import { type ImageChoice, useImageChoices } from './image-choices.ts'

const KINDS = ['marketplace', 'image', 'version'] as const

/** What it is made of, and what is known of that. */
export function Images() {
  const texts = useTexts()
  const { create, machine } = texts
  const { draft, change, known } = useForm()
  const { choices, isPending, error, refetch } = useImageChoices()
  const fault = useFault('image')
  return (
    <>
      <Field
        label={machine.image}
        hint={isPending ? texts.loading : create.imageHint}
        required
        {...fault}
      >
        <Select value={draft.image} onChange={(_, { value: image }) => change({ image })}>
          <option value="">{texts.resources.choose}</option>
          {KINDS.map((kind) => (
            <optgroup key={kind} label={create.imageKinds[kind]}>
              {choices
                .filter((one) => one.kind === kind)
                .map(({ value, label }) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
            </optgroup>
          ))}
        </Select>
      </Field>
      {error !== null && <Failed error={error} retry={refetch} />}
      {known.image !== null && <About key={known.image.value} of={known.image} />}
    </>
  )
}

/** System and features; of one's own, what was found when it was looked at. */
function About({ of }: { of: ImageChoice }) {
  const { create, resources, machines } = useTexts()
  const [isOpen, open] = useState(false)
  const { osType, generation, features, diskGib, kind, value } = of
  const rest = [
    ...(diskGib === null ? [] : [[resources.gigabytes, String(diskGib)] as const]),
    ...(features.length === 0 ? [] : [[create.features, features.join(', ')] as const]),
  ]
  return (
    <>
      <Properties of={[[machines.system, osType], [resources.generation, generation], ...rest]} />
      {kind === 'marketplace' ? (
        <Text size={200}>{create.firstBuilds}</Text>
      ) : (
        <div>
          <Link as="button" aria-expanded={isOpen} onClick={() => open(!isOpen)}>
            {resources.report}
          </Link>
          {isOpen && <Report id={value} />}
        </div>
      )}
    </>
  )
}
