import { DISKS_32, DISKS_V6, type Family, NICS_8, NICS_CLOSE, NICS_OLD } from './family.ts'

const TO_64 = '2 4 8 16 32 48 64'
const TO_96 = `${TO_64} 96`
const SNP_V5 = { disks: DISKS_32, nics: NICS_CLOSE, is: 'gen2 premium smt snp' }
const SNP_V6 = { disks: DISKS_32, nics: NICS_8, is: 'gen2 premium smt snp nvme' }
const TDX_V5 = { disks: DISKS_32, nics: NICS_8, is: 'gen2 premium smt tdx' }
const TDX_V6 = { disks: DISKS_V6, nics: NICS_8, is: 'gen2 premium smt tdx nvme' }
const EC = '2:16 4:32 8:64 16:128 20:160 32:192 48:384 64:512 96:672'
const EC_CC = '4:32 8:64 16:128 20:160 32:192 48:384 64:512 96:672'
const EC_V6 = '2:16 4:32 8:64 16:128 32:256 48:384 64:512 96:672'
const EC_TDX = '2:16 4:32 8:64 16:128 32:256 48:384 64:512'

/** DC and EC: confidential VMs, and the enclaves of DCsv2 and DCsv3, which are ordinary VMs. */
// biome-ignore format: a table
export const confidential: readonly Family[] = [
  { family: 'standardDCSFamily', series: 'DCs', names: 'DC*s', sizes: '2 4', gb: 4, disks: '2:2 4:4', nics: '2:2', temp: 50, is: 'gen2 premium plain' },
  { family: 'standardDCSv2Family', series: 'DCsv2', names: 'DC*_v2', sizes: '1s 2s 4s 8', gb: 4, disks: '1:1 2:2 4:4 8:8', nics: '1:2', temp: 50, is: 'gen2 premium' },
  { family: 'standardDCSv3Family', series: 'DCsv3', names: 'DC*s_v3', sizes: '1 2 4 8 16 24 32 48', gb: 8, disks: '1:4 2:8 4:16 8:32', nics: NICS_OLD, is: 'gen2 premium' },
  { family: 'standardDDCSv3Family', series: 'DCdsv3', names: 'DC*ds_v3', sizes: '1 2 4 8 16 24 32 48', gb: 8, disks: '1:4 2:8 4:16 8:32', nics: NICS_OLD, temp: '75 150 300 600 1200 1800 2400 2400', is: 'gen2 premium' },
  { family: 'standardDCASv5Family', series: 'DCasv5', names: 'DC*as_v5', sizes: TO_96, gb: 4, ...SNP_V5 },
  { family: 'standardDCADSv5Family', series: 'DCadsv5', names: 'DC*ads_v5', sizes: TO_96, gb: 4, ...SNP_V5, temp: 37.5 },
  { family: 'standardDCACCV5Family', series: 'DCasccv5', names: 'DC*as_cc_v5', sizes: '4 8 16 32 48 64 96', gb: 4, ...SNP_V5 },
  { family: 'standardDCADCCV5Family', series: 'DCadsccv5', names: 'DC*ads_cc_v5', sizes: '4 8 16 32 48 64 96', gb: 4, ...SNP_V5, temp: 37.5 },
  { family: 'standardDCEV5Family', series: 'DCesv5', names: 'DC*es_v5', sizes: TO_96, gb: 4, ...TDX_V5 },
  { family: 'standardDCEDV5Family', series: 'DCedsv5', names: 'DC*eds_v5', sizes: TO_96, gb: 4, ...TDX_V5, temp: 37.5 },
  { family: 'standardDCasv6Family', series: 'DCasv6', names: 'DC*as_v6', sizes: TO_96, gb: 4, ...SNP_V6 },
  { family: 'standardDCadsv6Family', series: 'DCadsv6', names: 'DC*ads_v6', sizes: TO_96, gb: 4, ...SNP_V6, temp: 37.5 },
  { family: 'standardDCEV6Family', series: 'DCesv6', names: 'DC*es_v6', sizes: `${TO_96} 128`, gb: 4, ...TDX_V6 },
  { family: 'standardDCEDV6Family', series: 'DCedsv6', names: 'DC*eds_v6', sizes: `${TO_96} 128`, gb: 4, ...TDX_V6, nvme: 55 },
  { family: 'standardECASv5Family', series: 'ECasv5', names: 'EC*as_v5', sizes: EC, ...SNP_V5 },
  { family: 'standardECADSv5Family', series: 'ECadsv5', names: 'EC*ads_v5', sizes: EC, ...SNP_V5, temp: 37.5 },
  { family: 'standardECIASv5Family', series: 'ECasv5', names: 'EC*ias_v5', sizes: '96', gb: 7, ...SNP_V5 },
  { family: 'standardECIADSv5Family', series: 'ECadsv5', names: 'EC*iads_v5', sizes: '96', gb: 7, ...SNP_V5, temp: 37.5 },
  { family: 'standardECACCV5Family', series: 'ECasccv5', names: 'EC*as_cc_v5', sizes: EC_CC, ...SNP_V5 },
  { family: 'standardECADCCV5Family', series: 'ECadsccv5', names: 'EC*ads_cc_v5', sizes: EC_CC, ...SNP_V5, temp: 37.5 },
  { family: 'standardECEV5Family', series: 'ECesv5', names: 'EC*es_v5', sizes: `${EC_TDX} 128:768`, ...TDX_V5 },
  { family: 'standardECEDV5Family', series: 'ECedsv5', names: 'EC*eds_v5', sizes: `${EC_TDX} 128:768`, ...TDX_V5, temp: 37.5 },
  { family: 'standardECIEV5Family', series: 'ECesv5', names: 'EC*ies_v5', sizes: '128', gb: 6, ...TDX_V5 },
  { family: 'standardECIEDV5Family', series: 'ECedsv5', names: 'EC*ieds_v5', sizes: '128', gb: 6, ...TDX_V5, temp: 37.5 },
  { family: 'standardECasv6Family', series: 'ECasv6', names: 'EC*as_v6', sizes: EC_V6, ...SNP_V6 },
  { family: 'standardECadsv6Family', series: 'ECadsv6', names: 'EC*ads_v6', sizes: EC_V6, ...SNP_V6, temp: 37.5 },
  { family: 'StandardECEV6Family', series: 'ECesv6', names: 'EC*es_v6', sizes: EC_TDX, ...TDX_V6 },
  { family: 'StandardECEDV6Family', series: 'ECedsv6', names: 'EC*eds_v6', sizes: EC_TDX, ...TDX_V6, nvme: 55 },
]
