import {
  Link,
  MessageBar,
  MessageBarBody,
  Subtitle1,
  Tab,
  TabList,
} from '@fluentui/react-components'
import { useState } from 'react'
import { CodeBlock } from '../../components/code-block.tsx'
import { Properties } from '../../components/properties.tsx'
import { nameIn } from '../../resource-names.ts'
import { useTexts } from '../../texts/texts.ts'
import type { Step } from './draft.ts'
import { askedOf, commandOf, sdkCodeOf } from './equivalents.ts'
import { FIELDS, type Field } from './faults.ts'
import { useForm } from './form.ts'
import type { ImageChoice } from './image-choices.ts'
import { attests, requestsOf, tagsIn, UNTOLD } from './new-vm.ts'

interface Given {
  readonly place: { readonly location: string; readonly group: string }
  readonly go: (step: Step) => void
}

/** All of it once more, what keeps it from being asked for, and the same for those who would rather type. */
export function Review({ place, go }: Given) {
  const texts = useTexts()
  const { create, machines, machine, resources } = texts
  const { draft, faults, known } = useForm()
  const wrong = Object.entries(faults) as [Field, string][]
  const onOff = (is: boolean) => (is ? texts.on : texts.off)
  const isTrusted = draft.securityType === 'TrustedLaunch'
  const tags = Object.entries(tagsIn(draft.tags)).map(([name, value]) => `${name}=${value}`)
  return (
    <>
      {wrong.length > 0 && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            <ul>
              {wrong.map(([field, why]) => (
                <li key={field}>
                  <Link as="button" onClick={() => go(FIELDS[field])}>
                    {create.steps[FIELDS[field]]}
                  </Link>
                  : {why}
                </li>
              ))}
            </ul>
          </MessageBarBody>
        </MessageBar>
      )}
      <Properties
        of={[
          [machines.name, draft.name],
          [machines.group, draft.group],
          [machine.image, known.image?.label ?? ''],
          [machines.size, draft.size],
          [create.user, draft.user],
          [machines.tags, tags.length === 0 ? texts.none : tags.join(', ')],
          [create.osDisk, draft.osDiskGib === '' ? create.osDiskHint : draft.osDiskGib],
          [create.dataDisks, draft.dataDisksGib.join(', ') || texts.none],
          [resources.subnet, draft.subnet === '' ? create.ownNetwork : nameIn(draft.subnet)],
          [resources.securityGroup, nameIn(draft.securityGroup) || texts.none],
          [machines.security, create.securityTypes[draft.securityType]],
          ['Secure Boot', onOff(isTrusted && draft.secureBoot)],
          ['vTPM', onOff(isTrusted && draft.vTpm)],
          [create.guestAttestation, onOff(attests(draft))],
          [create.costs, create.cost],
        ]}
      />
      {known.image !== null && <Equivalents image={known.image} place={place} />}
    </>
  )
}

const FORMS = ['tl', 'sdk', 'json'] as const
type Form = (typeof FORMS)[number]

function Equivalents({ image, place }: { image: ImageChoice; place: Given['place'] }) {
  const { create } = useTexts()
  const { draft } = useForm()
  const [form, show] = useState<Form>('tl')
  const requests = requestsOf(draft, UNTOLD, image, place)
  const text = {
    tl: () => commandOf(draft),
    sdk: () => sdkCodeOf(requests, place.location),
    json: () => JSON.stringify(askedOf(requests), null, 2),
  }[form]()
  return (
    <>
      <Subtitle1 as="h2">{create.same}</Subtitle1>
      <TabList selectedValue={form} onTabSelect={(_, { value }) => show(value as Form)}>
        {FORMS.map((one) => (
          <Tab key={one} value={one}>
            {create.forms[one]}
          </Tab>
        ))}
      </TabList>
      <CodeBlock label={create.forms[form]} text={text} />
    </>
  )
}
