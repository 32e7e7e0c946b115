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
INSERT INTO "images" VALUES(1,'aliyun_3_x64_20G_alibase_20240819.vhd','*','system','first','aliyun_3_x64_20G_alibase_20240819.vhd','','','','',20,1.79274888280835986136e+09,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',1,'[]','{}','{}');
INSERT INTO "images" VALUES(2,'ubuntu_22_04_x64_20G_alibase_20240820.vhd','*','system','first','ubuntu_22_04_x64_20G_alibase_20240820.vhd','','','','',20,1.79274888280835986136e+09,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "Ubuntu 22.04 64 bit", "os_type": "linux", "platform": "Ubuntu", "architecture": "x86_64", "boot_mode": "BIOS"}',1,'[]','{}','{}');
INSERT INTO "images" VALUES(3,'win2022_21H2_x64_dtc_en-us_40G_alibase_20240809.vhd','*','system','first','win2022_21H2_x64_dtc_en-us_40G_alibase_20240809.vhd','','','','',40,1.79274888280835986136e+09,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "Windows Server 2022", "os_type": "windows", "platform": "Windows", "architecture": "x86_64", "boot_mode": "BIOS"}',1,'[]','{}','{}');
INSERT INTO "images" VALUES(4,'m-golden0000000000001','cn-hangzhou','1000000000000001','first','golden-base','','','','',40,1.79274888280835986136e+09,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',0,'[{"device": "/dev/xvda", "type": "system", "size": 40, "snapshot_id": "s-golden0000000000001"}]','{}','{}');
INSERT INTO "images" VALUES(5,'m-golden0000000000002','ap-southeast-1','1000000000000001','first','golden-web','','','','',20,1.79274888280835986136e+09,0.0,0.0,NULL,0.0,NULL,0.0,0.0,0.0,NULL,NULL,0,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',0,'[{"device": "/dev/xvda", "type": "system", "size": 20, "snapshot_id": "s-golden0000000000002"}]','{}','{}');
INSERT INTO "images" VALUES(6,'m-t27zsbaowh1wbjwxyqns','us-west-1','1000000000000001','copy','carried','','','','',40,1.79534088285794973371e+09,1.79534088285794973371e+09,1.79534088286043071744e+09,NULL,2.48096030155405378528e+03,'us-west-1',0.0,0.0,0.0,'m-golden0000000000001','cn-hangzhou',1,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',0,'[{"device": "/dev/xvda", "type": "system", "size": 40, "snapshot_id": "s-t27n4l17plfa33w0dvxc"}]','{"imageferry:lineage": "2c3d0631/0ef8872b-6493-45dd-bd9a-260be00e7217/Golden[0]"}','{}');
INSERT INTO "images" VALUES(7,'m-t19tb7vvyntj2299bn21','ap-southeast-1','1000000000000001','copy','carried','','','','',40,1.79534088472544693941e+09,1.79534088472544693941e+09,1.79534088472790551182e+09,NULL,2.45869093543726239658e+03,'ap-southeast-1',0.0,0.0,0.0,'m-golden0000000000001','cn-hangzhou',1,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',0,'[{"device": "/dev/xvda", "type": "system", "size": 40, "snapshot_id": "s-t19u795mlqn5kw1ux9te"}]','{"imageferry:lineage": "2c3d0631/8cc0cbb9-f20a-49cb-ba6a-6a3d62d7bc8d/Golden[0]"}','{}');
INSERT INTO "images" VALUES(8,'m-t31jawo726d4o2y6ungr','eu-central-1','1000000000000001','copy','carried','','','','',40,1.79534088472829604144e+09,1.79534088472829604144e+09,1.79534088473066806793e+09,NULL,2.37197387689630841112e+03,'eu-central-1',0.0,0.0,0.0,'m-golden0000000000001','cn-hangzhou',1,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',0,'[{"device": "/dev/xvda", "type": "system", "size": 40, "snapshot_id": "s-t31nhgrt17p86rqos8wy"}]','{"imageferry:lineage": "2c3d0631/8cc0cbb9-f20a-49cb-ba6a-6a3d62d7bc8d/Golden[1]"}','{}');
INSERT INTO "images" VALUES(9,'m-uf6o8e9zthk0xfdmyr7z','cn-shanghai','1000000000000001','copy','carried','','','','',40,1.79534088472931790351e+09,1.79534088472931790351e+09,1.7953408847316412926e+09,NULL,2.32350731293007447685e+03,'cn-shanghai',0.0,0.0,0.0,'m-golden0000000000001','cn-hangzhou',1,0,'','','{"os_name": "Alibaba Cloud Linux 3 64 bit", "os_type": "linux", "platform": "Aliyun", "architecture": "x86_64", "boot_mode": "BIOS"}',0,'[{"device": "/dev/xvda", "type": "system", "size": 40, "snapshot_id": "s-uf6cm738mitd2dryukus"}]','{"imageferry:lineage": "2c3d0631/8cc0cbb9-f20a-49cb-ba6a-6a3d62d7bc8d/Golden[2]"}','{}');
CREATE TABLE imports (
  sequence INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE, image_id TEXT NOT NULL,
  region TEXT NOT NULL, owner TEXT NOT NULL, created_at REAL NOT NULL, ends_at REAL NOT NULL);
CREATE TABLE instances (
  sequence INTEGER PRIMARY KEY, instance_id TEXT NOT NULL UNIQUE, region TEXT NOT NULL,
  owner TEXT NOT NULL, image_id TEXT NOT NULL, name TEXT NOT NULL, phase TEXT NOT NULL,
  phase_at REAL NOT NULL, created_at REAL NOT NULL, resource_group TEXT NOT NULL,
  tags TEXT NOT NULL, body TEXT NOT NULL);
INSERT INTO "instances" VALUES(1,'i-golden0000000000002','ap-southeast-1','1000000000000001','m-golden0000000000002','golden-web','running',1.79274888280835986136e+09,1.79274888280835986136e+09,'','{}','{"zone": "ap-southeast-1a", "type": "ecs.g7.large", "host_name": "golden-web", "security_groups": ["sg-golden0000000000002"], "vswitch": "vsw-golden0000000000002", "private_ip": "172.16.0.2", "disks": [{"id": "d-golden0000000000002", "size": 20, "type": "system"}]}');
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "settings" VALUES('cancel_leaves_snapshots','false');
INSERT INTO "settings" VALUES('clock_check','true');
INSERT INTO "settings" VALUES('clock_window_seconds','900.0');
INSERT INTO "settings" VALUES('copy_conflict','"never"');
INSERT INTO "settings" VALUES('default_image_name','"image_id"');
INSERT INTO "settings" VALUES('delete_missing','"remembered"');
INSERT INTO "settings" VALUES('encrypt_across_regions','true');
INSERT INTO "settings" VALUES('encrypt_when_unset','false');
INSERT INTO "settings" VALUES('image_quota','20000');
INSERT INTO "settings" VALUES('inherit_source_tags','false');
INSERT INTO "settings" VALUES('instance_quota','1000');
INSERT INTO "settings" VALUES('instance_seconds','1.0');
INSERT INTO "settings" VALUES('nonce_check','true');
INSERT INTO "settings" VALUES('page_size_over_limit','"error"');
INSERT INTO "settings" VALUES('queue_counts','"destination"');
INSERT INTO "settings" VALUES('running_copies','5');
INSERT INTO "settings" VALUES('share_quota','50');
INSERT INTO "settings" VALUES('snapshot_ids_while_creating','false');
INSERT INTO "settings" VALUES('snapshot_quota','100000');
INSERT INTO "settings" VALUES('source_held_while_copying','true');
INSERT INTO "settings" VALUES('speed','1000000.0');
INSERT INTO "settings" VALUES('token_lifetime_seconds','86400.0');
INSERT INTO "settings" VALUES('unknown_key_status','404');
INSERT INTO "settings" VALUES('usable_delay_seconds','0.0');
CREATE TABLE snapshots (
  sequence INTEGER PRIMARY KEY, snapshot_id TEXT NOT NULL UNIQUE, region TEXT NOT NULL,
  owner TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, image_id TEXT,
  created_at REAL NOT NULL, ready_at REAL NOT NULL, size INTEGER NOT NULL,
  disk_type TEXT NOT NULL, source_disk_id TEXT NOT NULL, source_snapshot_id TEXT NOT NULL,
  source_region TEXT NOT NULL, encrypted INTEGER NOT NULL, kms_key_id TEXT NOT NULL,
  resource_group TEXT NOT NULL, retention_days INTEGER, tags TEXT NOT NULL);
INSERT INTO "snapshots" VALUES(1,'s-golden0000000000001','cn-hangzhou','1000000000000001','','','m-golden0000000000001',1.79274888280835986136e+09,0.0,40,'system','','','',0,'','',NULL,'{}');
INSERT INTO "snapshots" VALUES(2,'s-golden0000000000002','ap-southeast-1','1000000000000001','','','m-golden0000000000002',1.79274888280835986136e+09,0.0,20,'system','','','',0,'','',NULL,'{}');
INSERT INTO "snapshots" VALUES(3,'s-t27n4l17plfa33w0dvxc','us-west-1','1000000000000001','','','m-t27zsbaowh1wbjwxyqns',1.79534088285794973371e+09,0.0,40,'system','','s-golden0000000000001','cn-hangzhou',0,'','',NULL,'{}');
INSERT INTO "snapshots" VALUES(4,'s-t19u795mlqn5kw1ux9te','ap-southeast-1','1000000000000001','','','m-t19tb7vvyntj2299bn21',1.79534088472544693941e+09,0.0,40,'system','','s-golden0000000000001','cn-hangzhou',0,'','',NULL,'{}');
INSERT INTO "snapshots" VALUES(5,'s-t31nhgrt17p86rqos8wy','eu-central-1','1000000000000001','','','m-t31jawo726d4o2y6ungr',1.79534088472829604144e+09,0.0,40,'system','','s-golden0000000000001','cn-hangzhou',0,'','',NULL,'{}');
INSERT INTO "snapshots" VALUES(6,'s-uf6cm738mitd2dryukus','cn-shanghai','1000000000000001','','','m-uf6o8e9zthk0xfdmyr7z',1.79534088472931790351e+09,0.0,40,'system','','s-golden0000000000001','cn-hangzhou',0,'','',NULL,'{}');
CREATE TABLE tokens (
  account TEXT NOT NULL, action TEXT NOT NULL, token TEXT NOT NULL,
  parameters TEXT NOT NULL, reply TEXT NOT NULL, created_at REAL NOT NULL,
  PRIMARY KEY (account, action, token)) WITHOUT ROWID;
INSERT INTO "tokens" VALUES('1000000000000001','CopyImage','if69fd5fe88e080bd02674b3f7b7ab8aa7b2757e','a50425dfd3bab589ba2760936451281467d2e68b6de6753c07725057f190de14','{"ImageId": "m-t19tb7vvyntj2299bn21"}',1.79534088472544693941e+09);
INSERT INTO "tokens" VALUES('1000000000000001','CopyImage','if71ac8df16955f6f457a5ce629b6f520dee2e47','3c4437417885f3ee40b4334ad3abb9210e7745051f1d9cbcbc2a11820f3b755e','{"ImageId": "m-t27zsbaowh1wbjwxyqns"}',1.79534088285794973371e+09);
INSERT INTO "tokens" VALUES('1000000000000001','CopyImage','if8d7c707bdbf618c12fff5442c6610654e43590','4f3b4daefd3959b34a7253655f500b9ceb4d0bc3644f8ae619ca433bbf850d43','{"ImageId": "m-uf6o8e9zthk0xfdmyr7z"}',1.79534088472931790351e+09);
INSERT INTO "tokens" VALUES('1000000000000001','CopyImage','ifac1d689bff4f276faf915591f80e75370f4f12','849dd6a8627ceb48d1d24b330d3e6c144222ff744ca70286712c8c6aca40a3f4','{"ImageId": "m-t31jawo726d4o2y6ungr"}',1.79534088472829604144e+09);
CREATE INDEX tokens_by_age ON tokens (created_at);
CREATE INDEX images_by_name ON images (region, owner, name);
CREATE INDEX images_by_queue ON images (queue_region, ends_at) WHERE queue_region IS NOT NULL;
CREATE INDEX images_by_source ON images (source_image_id, ends_at)
  WHERE source_image_id IS NOT NULL;
CREATE INDEX instances_by_image ON instances (image_id);
CREATE INDEX instances_by_region ON instances (region, owner);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('faults',1);
COMMIT;
PRAGMA user_version = 1;
