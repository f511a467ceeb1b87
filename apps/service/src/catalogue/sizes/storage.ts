import {
  DISKS_32,
  DISKS_64,
  DISKS_V6,
  DISKS_V7,
  type Family,
  NICS_8,
  NICS_V7_AMD,
} from './family.ts'

const TO_80 = '8 16 32 48 64 80'
/** 1.92 TB for eight vCPUs. */
const NVME = 1.92e12 / 8 / 2 ** 30

/** Storage optimized: L. */
// biome-ignore format: a table
export const storage: readonly Family[] = [
  { family: 'standardLSFamily', series: 'Ls', names: 'L*s', sizes: '4 8 16 32', gb: 8, disks: DISKS_64, nics: '4:2 8:4 16:8', temp: '678 1388 2807 5630', is: 'gen1 gen2 premium plain' },
  { family: 'standardLSv2Family', series: 'Lsv2', names: 'L*s_v2', sizes: TO_80, gb: 8, disks: '8:16 16:32', nics: '8:2 16:4 32:8', temp: 10, nvme: NVME, is: 'gen1 gen2 premium smt' },
  { family: 'standardLSv3Family', series: 'Lsv3', names: 'L*s_v3', sizes: TO_80, gb: 8, disks: '8:16 16:32', nics: '8:4 16:8', temp: 10, nvme: NVME, is: 'gen1 gen2 premium smt' },
  { family: 'standardLASv3Family', series: 'Lasv3', names: 'L*as_v3', sizes: TO_80, gb: 8, disks: '8:16 16:32', nics: '8:4 16:8', temp: 10, nvme: NVME, is: 'gen1 gen2 premium smt' },
  { family: 'standardLsv4Family', series: 'Lsv4', names: 'L*s_v4', sizes: `2 4 ${TO_80} 96`, gb: 8, disks: DISKS_V6, nics: NICS_8, nvme: NVME, is: 'gen2 premium smt nvme' },
  { family: 'standardLasv4Family', series: 'Lasv4', names: 'L*as_v4', sizes: `2 4 ${TO_80} 96`, gb: 8, disks: DISKS_32, nics: NICS_8, nvme: NVME, is: 'gen2 premium smt nvme' },
  { family: 'standardLaosv4Family', series: 'Laosv4', names: 'L*aos_v4', sizes: '2 4 8 12 16 24 32', gb: 8, disks: DISKS_32, nics: '2:2 8:4 12:6 16:8', nvme: 3 * NVME, is: 'gen2 premium smt nvme' },
  { family: 'StandardLasv5Family', series: 'Lasv5', names: 'L*as_v5', sizes: `2 4 ${TO_80} 96 128`, gb: 8, disks: DISKS_V7, nics: NICS_V7_AMD, nvme: NVME, is: 'gen2 premium nvme' },
  { family: 'StandardLasv5Family', series: 'Lasv5', names: 'L*ias_v5', sizes: '160', gb: 8, disks: DISKS_V7, nics: NICS_V7_AMD, nvme: 0.8 * NVME, is: 'gen2 premium nvme' },
]
