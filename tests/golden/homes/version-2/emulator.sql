BEGIN TRANSACTION;
CREATE TABLE faults (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, action TEXT NOT NULL,
  region TEXT, image TEXT, skip INTEGER NOT NULL, remaining INTEGER, details TEXT NOT NULL);
CREATE TABLE gone (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE images (
  sequence INTEGER PRIMARY KEY, image_id TEXT NOT NULL UNIQUE, region TEXT NOT NULL,
  owner TEXT NOT NULL, origin TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
  family TEXT NOT NULL, version TEXT NOT NULL, word TEXT NOT NULL, size INTEGER NOT NULL,
  created_at REAL NOT NULL, starts_at REAL NOT NULL, ends_at REAL NOT NULL, fails_at REAL,
  seconds REAL NOT NULL, queue_region TEXT, usable_delay REAL NOT NULL,
  visible_at REAL NOT NULL, tags_visible_at REAL NOT NULL,
  source_image_id TEXT, source_region TEXT, can_cancel INTEGER NOT NULL,
  encrypted INTEGER NOT NULL, kms_key_id TEXT NOT NULL, resource_group TEXT NOT NULL,
  system TEXT NOT NULL, is_public INTEGER NOT NULL,
  disks TEXT NOT NULL, tags TEXT NOT NULL, shares TEXT NOT NULL);
INSERT INTO "images" VALUES(1,'aliyun_3_x64_20G_alibase_20240819.vhd','*','system','first','aliyun_3_x64_20G_alibase_20240819.vhd','','','','',20,1724025600.0,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',1,'[]','{}','{}');
INSERT INTO "images" VALUES(2,'ubuntu_22_04_x64_20G_alibase_20240820.vhd','*','system','first','ubuntu_22_04_x64_20G_alibase_20240820.vhd','','','','',20,1724112000.0,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "Ubuntu 22.04 64 bit", "os_type": "linux", "platform": "Ubuntu", "architecture": "x86_64", "boot_mode": "BIOS"}',1,'[]','{}','{}');
INSERT INTO "images" VALUES(3,'win2022_21H2_x64_dtc_en-us_40G_alibase_20240809.vhd','*','system','first','win2022_21H2_x64_dtc_en-us_40G_alibase_20240809.vhd','','','','',40,1723161600.0,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "Windows Server 2022", "os_type": "windows", "platform": "Windows", "architecture": "x86_64", "boot_mode": "BIOS"}',1,'[]','{}','{}');
INSERT INTO "images" VALUES(4,'centos_7_9_x64_20G_alibase_20240628.vhd','*','system','first','centos_7_9_x64_20G_alibase_20240628.vhd','','','','',20,1719532800.0,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "CentOS 7.9 64 bit", "os_type": "linux", "platform": "CentOS", "architecture": "x86_64", "boot_mode": "BIOS"}',1,'[]','{}','{}');
INSERT INTO "images" VALUES(5,'centos_7_6_x64_20G_alibase_20211130.vhd','*','system','first','centos_7_6_x64_20G_alibase_20211130.vhd','','','','',20,1638230400.0,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "CentOS 7.6 64 bit", "os_type": "linux", "platform": "CentOS", "architecture": "x86_64", "boot_mode": "BIOS"}',1,'[]','{}','{}');
INSERT INTO "images" VALUES(6,'centos_7_9_arm64_20G_alibase_20240705.vhd','*','system','first','centos_7_9_arm64_20G_alibase_20240705.vhd','','','','',20,1720137600.0,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "CentOS 7.9 64 bit for ARM", "os_type": "linux", "platform": "CentOS", "architecture": "arm64", "boot_mode": "UEFI"}',1,'[]','{}','{}');
INSERT INTO "images" VALUES(7,'centos_stream_9_x64_20G_alibase_20240715.vhd','*','system','first','centos_stream_9_x64_20G_alibase_20240715.vhd','','','','',20,1721001600.0,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "CentOS Stream 9 64 bit", "os_type": "linux", "platform": "CentOS Stream", "architecture": "x86_64", "boot_mode": "BIOS"}',1,'[]','{}','{}');
INSERT INTO "images" VALUES(8,'m-golden0000000000001','cn-hangzhou','1000000000000001','first','golden-base','','','','',40,1.79277250264785766604e+09,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',0,'[{"device": "/dev/xvda", "type": "system", "size": 40, "snapshot_id": "s-golden0000000000001"}]','{}','{}');
INSERT INTO "images" VALUES(9,'m-golden0000000000002','ap-southeast-1','1000000000000001','first','golden-web','','','','',20,1.79277250264785766604e+09,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',0,'[{"device": "/dev/xvda", "type": "system", "size": 20, "snapshot_id": "s-golden0000000000002"}]','{}','{}');
INSERT INTO "images" VALUES(10,'m-t27m5x5xog2jpyunffm4','us-west-1','1000000000000001','copy','carried','','','','',40,1.79536450297311305996e+09,1.79536450297311305996e+09,1.79536450297311305996e+09,NULL,2.25849141287675411141e+03,'us-west-1',0.0,0.0,0.0,'m-golden0000000000001','cn-hangzhou',1,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',0,'[{"device": "/dev/xvda", "type": "system", "size": 40, "snapshot_id": "s-t270f37vu24safhxct4m"}]','{"imageferry:lineage": "77e6d42b/59bcd794-04e9-4932-85a9-879ce8d98085/Golden[0]"}','{}');
INSERT INTO "images" VALUES(11,'m-t1905tavw1j0ru30aj2f','ap-southeast-1','1000000000000001','copy','carried','','','','',40,1.79536450538060331346e+09,1.79536450538060331346e+09,1.79536450538060331346e+09,NULL,2.34720248294323755554e+03,'ap-southeast-1',0.0,0.0,0.0,'m-golden0000000000001','cn-hangzhou',1,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',0,'[{"device": "/dev/xvda", "type": "system", "size": 40, "snapshot_id": "s-t19c4st6cg3nyo4s7z22"}]','{"imageferry:lineage": "77e6d42b/ec72f99b-c04f-4465-9225-c1bbc1d1cc1b/Golden[0]"}','{}');
INSERT INTO "images" VALUES(12,'m-t31hkz0y7wbdwn0j3los','eu-central-1','1000000000000001','copy','carried','','','','',40,1.79536450540458321573e+09,1.79536450540458321573e+09,1.79536450540458321573e+09,NULL,2.54209386540346167753e+03,'eu-central-1',0.0,0.0,0.0,'m-golden0000000000001','cn-hangzhou',1,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',0,'[{"device": "/dev/xvda", "type": "system", "size": 40, "snapshot_id": "s-t31dkulb3xx0h8jzps5r"}]','{"imageferry:lineage": "77e6d42b/ec72f99b-c04f-4465-9225-c1bbc1d1cc1b/Golden[1]"}','{}');
INSERT INTO "images" VALUES(13,'m-uf68hzx0790xq3dn3u8v','cn-shanghai','1000000000000001','copy','carried','','','','',40,1.7953645054055373669e+09,1.7953645054055373669e+09,1.7953645054055373669e+09,NULL,2.27442744947840174069e+03,'cn-shanghai',0.0,0.0,0.0,'m-golden0000000000001','cn-hangzhou',1,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',0,'[{"device": "/dev/xvda", "type": "system", "size": 40, "snapshot_id": "s-uf6mrmfu9fy7p46n62rq"}]','{"imageferry:lineage": "77e6d42b/ec72f99b-c04f-4465-9225-c1bbc1d1cc1b/Golden[2]"}','{}');
CREATE TABLE instances (
  sequence INTEGER PRIMARY KEY, instance_id TEXT NOT NULL UNIQUE, region TEXT NOT NULL,
  owner TEXT NOT NULL, image_id TEXT NOT NULL, name TEXT NOT NULL, phase TEXT NOT NULL,
  phase_at REAL NOT NULL, created_at REAL NOT NULL, resource_group TEXT NOT NULL,
  tags TEXT NOT NULL, body TEXT NOT NULL);
INSERT INTO "instances" VALUES(1,'i-golden0000000000002','ap-southeast-1','1000000000000001','m-golden0000000000002','golden-web','running',1.79277250264785766604e+09,1.79277250264785766604e+09,'','{}','{"zone": "ap-southeast-1a", "type": "ecs.g7.large", "host_name": "golden-web", "security_groups": ["sg-golden0000000000002"], "vswitch": "vsw-golden0000000000002", "private_ip": "172.16.0.2", "disks": [{"id": "d-golden0000000000002", "size": 20, "type": "system"}]}');
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "settings" VALUES('buckets_have_regions','false');
INSERT INTO "settings" VALUES('cancel_leaves_snapshots','false');
INSERT INTO "settings" VALUES('clock_check','true');
INSERT INTO "settings" VALUES('clock_window_seconds','900.0');
INSERT INTO "settings" VALUES('closed_regions','"refuse"');
INSERT INTO "settings" VALUES('copy_conflict','"never"');
INSERT INTO "settings" VALUES('default_image_name','"image_id"');
INSERT INTO "settings" VALUES('delete_missing','"remembered"');
INSERT INTO "settings" VALUES('dry_run_checks','"everything"');
INSERT INTO "settings" VALUES('encrypt_across_regions','true');
INSERT INTO "settings" VALUES('encrypt_when_unset','false');
INSERT INTO "settings" VALUES('family_image_quota','1000');
INSERT INTO "settings" VALUES('family_quota','1000');
INSERT INTO "settings" VALUES('image_quota','20000');
INSERT INTO "settings" VALUES('inherit_source_tags','false');
INSERT INTO "settings" VALUES('instance_quota','1000');
INSERT INTO "settings" VALUES('instance_seconds','1.0');
INSERT INTO "settings" VALUES('nonce_check','true');
INSERT INTO "settings" VALUES('page_size_over_limit','"error"');
INSERT INTO "settings" VALUES('queue_counts','"destination"');
INSERT INTO "settings" VALUES('running_copies','5');
INSERT INTO "settings" VALUES('running_exports','5');
INSERT INTO "settings" VALUES('share_quota','50');
INSERT INTO "settings" VALUES('snapshot_ids_while_creating','false');
INSERT INTO "settings" VALUES('snapshot_quota','100000');
INSERT INTO "settings" VALUES('source_held_while_copying','true');
INSERT INTO "settings" VALUES('speed','1000000000.0');
INSERT INTO "settings" VALUES('token_lifetime_seconds','86400.0');
INSERT INTO "settings" VALUES('unfinished_snapshots_deletable','true');
INSERT INTO "settings" VALUES('unknown_key_status','404');
INSERT INTO "settings" VALUES('usable_delay_seconds','0.0');
INSERT INTO "settings" VALUES('weekly_exports','1000');
CREATE TABLE snapshots (
  sequence INTEGER PRIMARY KEY, snapshot_id TEXT NOT NULL UNIQUE, region TEXT NOT NULL,
  owner TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, image_id TEXT,
  created_at REAL NOT NULL, ready_at REAL NOT NULL, size INTEGER NOT NULL,
  disk_type TEXT NOT NULL, source_disk_id TEXT NOT NULL, source_snapshot_id TEXT NOT NULL,
  source_region TEXT NOT NULL, encrypted INTEGER NOT NULL, kms_key_id TEXT NOT NULL,
  resource_group TEXT NOT NULL, retention_days INTEGER, tags TEXT NOT NULL,
  starts_at REAL, fails_at REAL, seconds REAL NOT NULL DEFAULT 0, modified_at REAL,
  visible_at REAL NOT NULL DEFAULT 0, tags_visible_at REAL NOT NULL DEFAULT 0,
  category TEXT NOT NULL DEFAULT 'standard', instant_days INTEGER);
INSERT INTO "snapshots" VALUES(1,'s-golden0000000000001','cn-hangzhou','1000000000000001','','','m-golden0000000000001',1.79277250264785766604e+09,0.0,40,'system','','','',0,'','',NULL,'{}',NULL,NULL,0.0,NULL,0.0,0.0,'standard',NULL);
INSERT INTO "snapshots" VALUES(2,'s-golden0000000000002','ap-southeast-1','1000000000000001','','','m-golden0000000000002',1.79277250264785766604e+09,0.0,20,'system','','','',0,'','',NULL,'{}',NULL,NULL,0.0,NULL,0.0,0.0,'standard',NULL);
INSERT INTO "snapshots" VALUES(3,'s-t270f37vu24safhxct4m','us-west-1','1000000000000001','','','m-t27m5x5xog2jpyunffm4',1.79536450297311305996e+09,0.0,40,'system','','s-golden0000000000001','cn-hangzhou',0,'','',NULL,'{}',1.79536450297311305996e+09,NULL,0.0,NULL,0.0,0.0,'standard',NULL);
INSERT INTO "snapshots" VALUES(4,'s-t19c4st6cg3nyo4s7z22','ap-southeast-1','1000000000000001','','','m-t1905tavw1j0ru30aj2f',1.79536450538060331346e+09,0.0,40,'system','','s-golden0000000000001','cn-hangzhou',0,'','',NULL,'{}',1.79536450538060331346e+09,NULL,0.0,NULL,0.0,0.0,'standard',NULL);
INSERT INTO "snapshots" VALUES(5,'s-t31dkulb3xx0h8jzps5r','eu-central-1','1000000000000001','','','m-t31hkz0y7wbdwn0j3los',1.79536450540458321573e+09,0.0,40,'system','','s-golden0000000000001','cn-hangzhou',0,'','',NULL,'{}',1.79536450540458321573e+09,NULL,0.0,NULL,0.0,0.0,'standard',NULL);
INSERT INTO "snapshots" VALUES(6,'s-uf6mrmfu9fy7p46n62rq','cn-shanghai','1000000000000001','','','m-uf68hzx0790xq3dn3u8v',1.7953645054055373669e+09,0.0,40,'system','','s-golden0000000000001','cn-hangzhou',0,'','',NULL,'{}',1.7953645054055373669e+09,NULL,0.0,NULL,0.0,0.0,'standard',NULL);
CREATE TABLE tasks (
  sequence INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE, action TEXT NOT NULL,
  image_id TEXT NOT NULL, region TEXT NOT NULL, owner TEXT NOT NULL, created_at REAL NOT NULL,
  starts_at REAL NOT NULL, ends_at REAL NOT NULL, fails_at REAL, seconds REAL NOT NULL,
  cancelled_at REAL, can_cancel INTEGER NOT NULL, visible_at REAL NOT NULL, details TEXT NOT NULL);
CREATE TABLE tokens (
  account TEXT NOT NULL, action TEXT NOT NULL, token TEXT NOT NULL,
  parameters TEXT NOT NULL, reply TEXT NOT NULL, created_at REAL NOT NULL,
  PRIMARY KEY (account, action, token)) WITHOUT ROWID;
INSERT INTO "tokens" VALUES('1000000000000001','CopyImage','if1d1869fff8774392f43077a6b3a9c5cabb226a','63da2e8a9ac599ae9a89370e84a1ab4b3a0d23d8b7a125d87c8f580af139e655','{"ImageId": "m-t31hkz0y7wbdwn0j3los"}',1.79536450540458321573e+09);
INSERT INTO "tokens" VALUES('1000000000000001','CopyImage','if4af59cf1b498c3fe57aab94b168cae7377cab3','87c001df9c11367cb4b5b4ca7eac016250ad9b7b5431b8b6eb372628292d047f','{"ImageId": "m-t1905tavw1j0ru30aj2f"}',1.79536450538060331346e+09);
INSERT INTO "tokens" VALUES('1000000000000001','CopyImage','ifadba9b9114d5c0d7f31ad567214520be0b1cf9','fcf2715e30a45097ca5b524aa9fbe4056053f0d22afa0a6d3a3676d6d311dbfe','{"ImageId": "m-uf68hzx0790xq3dn3u8v"}',1.7953645054055373669e+09);
INSERT INTO "tokens" VALUES('1000000000000001','CopyImage','ife8d7247bd7ffb32695c32570b8cd65f42177fe','d9bbb65da1349882948b94abaa6a94e6e5883624abcfc297d7013a244743b201','{"ImageId": "m-t27m5x5xog2jpyunffm4"}',1.79536450297311305996e+09);
CREATE INDEX tokens_by_age ON tokens (created_at);
CREATE INDEX images_by_name ON images (region, owner, name);
CREATE INDEX images_by_queue ON images (queue_region, ends_at) WHERE queue_region IS NOT NULL;
CREATE INDEX images_by_source ON images (source_image_id, ends_at)
  WHERE source_image_id IS NOT NULL;
CREATE INDEX tasks_by_image ON tasks (image_id, action);
CREATE INDEX instances_by_image ON instances (image_id);
CREATE INDEX instances_by_region ON instances (region, owner);
DELETE FROM "sqlite_sequence";
COMMIT;
PRAGMA user_version = 2;
