import { Subtitle1, Text } from '@fluentui/react-components'
import { Copyable } from '../../components/copyable.tsx'
import { SimpleTable } from '../../components/simple-table.tsx'
import type { Image, ImageVersion, OwnKey } from '../../queries/images.ts'
import { useTexts } from '../../texts/texts.ts'

/** Of a certificate the page shows the beginning; all of it is copied. */
const SHOWN = 32

/** What the firmware of a new virtual machine begins with: templates, and keys of one's own by their list. */
export function Keys({ of: { properties } }: { of: Image | ImageVersion }) {
  const { resources } = useTexts()
  const settings = 'securityProfile' in properties ? properties.securityProfile?.uefiSettings : {}
  const { signatureTemplateNames: templates = [], additionalSignatures = {} } = settings ?? {}
  const own = Object.entries(additionalSignatures).flatMap(([list, keys]) =>
    [keys]
      .flat()
      .flatMap(({ type, value }: OwnKey) => value.map((one) => ({ list, type, value: one }))),
  )
  return (
    <>
      <Subtitle1 as="h2">{resources.keys}</Subtitle1>
      <Text>{templates.length === 0 ? resources.systemKeys : templates.join(', ')}</Text>
      {own.length > 0 && (
        <SimpleTable
          label={resources.keys}
          titles={[resources.list, resources.kind, resources.key]}
          rows={own.map(({ list, type, value }) => [
            `${list} ${value}`,
            list,
            type,
            <Copyable key="value" text={value} short={SHOWN} />,
          ])}
        />
      )}
    </>
  )
}
