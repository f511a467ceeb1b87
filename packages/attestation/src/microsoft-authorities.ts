/**
 * Microsoft's authorities by the SHA-256 of their certificates: those of 2011 run out in 2026, and what
 * only they signed is no longer signed anew. The names are ours.
 * @see microsoft/secureboot_objects
 */
const authorities: Readonly<Record<string, string>> = {
  a1117f516a32cefcba3f2d1ace10a87972fd6bbe8fe0d0b996e09e65d802a503: 'KEK 2011',
  '3cd3f0309edae228767a976dd40d9f4affc4fbd5218f2e8cc3c9dd97e8ac6f9d': 'KEK 2023',
  e8e95f0733a55e8bad7be0a1413ee23c51fcea64b3c8fa6a786935fddcc71961: 'Windows 2011',
  '076f1fea90ac29155ebf77c17682f75f1fdd1be196da302dc8461e350a9ae330': 'Windows 2023',
  '48e99b991f57fc52f76149599bff0a58c47154229b9f8d603ac40d3500248507': 'UEFI 2011',
  f6124e34125bee3fe6d79a574eaa7b91c0e7bd9d929c1a321178efd611dad901: 'UEFI 2023',
  e5be3e64c6e66a281457ecdece0d6d0787577aad2a3a0144262c10c14ba8d8f1: 'Option ROM 2023',
}

/** What a certificate of Microsoft's in KEK or db is called here, by the SHA-256 of its DER; null: it is none that is known. */
export function microsoftAuthority(sha256: string): string | null {
  return Object.hasOwn(authorities, sha256) ? authorities[sha256]! : null
}
