import { type Family, NICS_8 } from './family.ts'

const MEDIUM_V2 = { disks: '32:32 64:64', nics: '32:8', is: 'gen2 premium smt' }
const V3 = { disks: '12:64', nics: '12:4 24:8', is: 'gen2 premium smt' }
const HIGH = { disks: '16:64', nics: '16:8', is: 'gen2 premium smt' }
const V4 = { disks: '16:64', nics: '16:8', is: 'gen2 premium smt nvme' }
const MB_V4 =
  '16@:128 32@:256 48@:384 64@:512 96@_1:768 128@_1:1024 64@_1:1440 96@_2:1946 128@_3:2796 176@_4:3892 256@_2:2048 304@_4:3800'
const L_V4 = '16:256 32:512 48:768 64:1024 96:1536 128:1944 192:3072 256:3892'
/** `@` stands for a series' own letters. */
const of = (letters: string, sizes: string) => sizes.replaceAll('@', letters)
const V3_SIZES = '12@:240 24@:480 48@_1:974 96@_1:974 96@_2:1946 176@_3:2794 176@_4:3892'
const V3_LESS =
  '12@-6 24@-6 24@-12 48@-12_1 48@-24_1 96@-24_1 96@-48_1 96@-24_2 96@-48_2 176@-44_3 176@-88_3 176@-44_4 176@-88_4'
const HIGH_V3 =
  '416@_6:5696 416@_8:7600 416@_9:8568 416@_10:9496 416@_12:11400 624@_12:11400 832@_12:11400 416@-104_6 416@-208_6 416@-104_8 416@-208_8 624@-156_12 624@-312_12 832@-208_12 832@-416_12'

/** Memory optimized: M. */
// biome-ignore format: a table
export const large: readonly Family[] = [
  { family: 'standardMSFamily', series: 'M', names: 'M*', sizes: '8ms:218.75 16ms:437.5 32ts:192 32ls:256 32ms:875 64ls:512 64s:1024 64ms:1792 128s:2048 128ms:3892 8-2ms 8-4ms 16-4ms 16-8ms 32-8ms 32-16ms 64-16ms 64-32ms 128-32ms 128-64ms', disks: '8:8 16:16 32:32 64:64', nics: '8:2 16:8', temp: 32, is: 'gen1 gen2 premium smt' },
  { family: 'standardMSFamily', series: 'M', names: 'M*', sizes: '64:1024 64m:1792 128:2048 128m:3892', disks: '64:64', nics: '64:8', temp: 112, is: 'gen1 gen2 premium smt' },
  { family: 'standardMSMediumMemoryv2Family', series: 'Msv2', names: 'M*s_v2', sizes: '32m:875 64:1024 64m:1792 128:2048 128m:3892', ...MEDIUM_V2 },
  { family: 'standardMDSMediumMemoryv2Family', series: 'Mdsv2', names: 'M*s_v2', sizes: '32dm:875 64d:1024 64dm:1792 128d:2048 128dm:3892', ...MEDIUM_V2, temp: 32 },
  { family: 'standardMISMediumMemoryv2Family', series: 'Msv2', names: 'M*s_v2', sizes: '192i:2048 192im:4096', ...MEDIUM_V2 },
  { family: 'standardMIDSMediumMemoryv2Family', series: 'Mdsv2', names: 'M*s_v2', sizes: '192id:2048 192idm:4096', ...MEDIUM_V2, temp: '4096 4096' },
  { family: 'standardMSv2Family', series: 'Mv2', names: 'M*_v2', sizes: '208s:2850 208ms:5700 416s:5700 416ms:11400 416s_8:7600 416s_9:8568 416s_10:9496 208-52s 208-104s 208-52ms 208-104ms 416-104s 416-208s 416-104ms 416-208ms', ...HIGH, temp: '4096 4096 8192 8192 4096 4096 4096' },
  { family: 'standardMSMediumMemoryv3Family', series: 'Msv3', names: 'M*_v3', sizes: of('s', `${V3_SIZES} ${V3_LESS}`), ...V3 },
  { family: 'standardMDSMediumMemoryv3Family', series: 'Mdsv3', names: 'M*_v3', sizes: of('ds', `${V3_SIZES} ${V3_LESS}`), ...V3, temp: '400 400 400 400 400 400 400' },
  { family: 'standardMSHighMemoryv3Family', series: 'Msv3HighMemory', names: 'M*_v3', sizes: of('s', HIGH_V3), ...HIGH },
  { family: 'standardMDSHighMemoryv3Family', series: 'Mdsv3HighMemory', names: 'M*_v3', sizes: of('ds', HIGH_V3), ...HIGH, temp: '400 400 400 400 400 400 400' },
  { family: 'standardMISHighMemoryv3Family', series: 'Msv3HighMemory', names: 'M*_v3', sizes: '832is_16:15200 832is-208_16 832is-416_16', ...HIGH },
  { family: 'standardMIDSHighMemoryv3Family', series: 'Mdsv3HighMemory', names: 'M*_v3', sizes: '832ids_16:15200 832ids-208_16 832ids-416_16', ...HIGH, temp: '400' },
  { family: 'StandardMBSMediumMemoryv3Family', series: 'Mbsv3', names: 'M*_v3', sizes: '16bs:128 32bs:256 48bs:384 64bs:512 96bs:768 128bs:1024 176bs:1536 416bs:3800 128-64bs 176-88bs', ...HIGH },
  { family: 'StandardMBDSMediumMemoryv3Family', series: 'Mbdsv3', names: 'M*_v3', sizes: '16bds:128 32bds:256 48bds:384 64bds:512 96bds:768 128bds:1024 176bds:1536 64bds_1:1397 96bds_2:1946 128bds_3:2794 176bds_4:3892 64-32bds_1 96-48bds_2 128-64bds 128-64bds_3 176-88bds 176-88bds_4', ...HIGH, temp: '400 400 400 400 400 400 400 3000 4500 6000 8000' },
  { family: 'StandardMBSMediumMemoryv4Family', series: 'Mbsv4', names: 'M*_v4', sizes: of('bs', MB_V4), ...V4 },
  { family: 'StandardMBDSMediumMemoryv4Family', series: 'Mbdsv4', names: 'M*_v4', sizes: of('bds', MB_V4), ...V4, nvme: '800 800 800 1600 1600 1600 3000 4500 6000 8000 6000 12000' },
  { family: 'StandardMSMediumMemoryv4Family', series: 'Msv4', names: 'M*ls_v4', sizes: L_V4, ...V4 },
  { family: 'StandardMDSMediumMemoryv4Family', series: 'Mdsv4', names: 'M*lds_v4', sizes: L_V4, ...V4, nvme: 34.375 },
  { family: 'standardPBSFamily', series: 'PBS', names: 'PB*s', sizes: '6', gb: 14, disks: '6:12', nics: NICS_8, is: 'gen1 premium plain' },
]
