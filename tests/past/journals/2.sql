BEGIN TRANSACTION;
CREATE TABLE drafts (
        place INTEGER PRIMARY KEY, sale_id TEXT NOT NULL, body TEXT NOT NULL, updated_at TEXT NOT NULL
    );
INSERT INTO "drafts" VALUES(1,'0000000000000000000000000000000e','{"sale_id":"00000000-0000-0000-0000-00000000000e","currency":"VND","prices_include_tax":true,"lines":[{"line_item_id":"00000000-0000-0000-0000-00000000000f","sku_id":"COFFEE","barcode":"8938505974194","product_name":"Cà phê sữa đá Highlands 235ml","category":"Đồ uống","quantity":1,"unit_price":18000,"list_price":18000,"tax_rate":"0.08","unit":"piece","price_version":1,"line_discount":0,"override_reason":null,"pack_of":null,"pack_size":1,"age_restricted":false,"approved_by":null},{"line_item_id":"00000000-0000-0000-0000-000000000010","sku_id":"COLA","barcode":"8934588012228","product_name":"Coca-Cola lon 320ml","category":"Đồ uống","quantity":1,"unit_price":10000,"list_price":10000,"tax_rate":"0.08","unit":"piece","price_version":1,"line_discount":0,"override_reason":null,"pack_of":null,"pack_size":1,"age_restricted":false,"approved_by":null}],"tenders":[],"qr":null,"savings":[],"rung_up_at":null,"age":null,"customer":{"member":null,"vouchers":[]}}','2026-11-20T01:34:00.000000+00:00');
CREATE TABLE heads (
	name VARCHAR(100) NOT NULL, 
	value BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "heads" VALUES('outbox',4);
CREATE TABLE origins (
	origin VARCHAR(150) NOT NULL, 
	sequence BIGINT NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	heard_at VARCHAR(40), 
	PRIMARY KEY (origin)
);
INSERT INTO "origins" VALUES('STORE_001/POS_01',4,'29ed935e09cc043aebddde089cae38471d8a8fe265e831033fe38666adb464c9','2026-11-20T01:33:00.000000+00:00');
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	event_id CHAR(32) NOT NULL, 
	event_type VARCHAR(100) NOT NULL, 
	aggregate_type VARCHAR(50) NOT NULL, 
	aggregate_id VARCHAR(100) NOT NULL, 
	origin VARCHAR(150) NOT NULL, 
	sequence BIGINT NOT NULL, 
	payload TEXT NOT NULL, 
	created_at VARCHAR(40) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (event_id)
);
INSERT INTO "outbox" VALUES(1,'00000000000000000000000000000001','SaleRecorded','transaction','00000000-0000-0000-0000-000000000001','STORE_001/POS_01',1,'{"event_id":"00000000-0000-0000-0000-000000000001","event_type":"SaleRecorded","hash":"1264ae1871c68d986e0fc8d89e1e4c5fc11ae26b1f67724c7c6ff4a6fd75a79f","origin":"STORE_001/POS_01","payload":{"business_date":"2026-11-20","cashier_id":"C07","currency":"VND","discount_amount":0,"external_reference":null,"line_items":[{"age_restricted":false,"applied_promotions":[],"barcode":"8934588012228","category":"Đồ uống","line_discount":0,"line_item_id":"00000000-0000-0000-0000-000000000002","line_subtotal":10000,"line_total":10000,"list_price":10000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Coca-Cola lon 320ml","promotion_discount":0,"quantity":1,"sku_id":"COLA","tax_amount":741,"tax_rate":"0.08","unit":"piece","unit_price":10000},{"age_restricted":false,"applied_promotions":[],"barcode":"036000291452","category":"Bánh","line_discount":0,"line_item_id":"00000000-0000-0000-0000-000000000003","line_subtotal":25000,"line_total":25000,"list_price":25000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Bánh mì sandwich","promotion_discount":0,"quantity":1,"sku_id":"BREAD","tax_amount":2273,"tax_rate":"0.1","unit":"piece","unit_price":25000}],"payment_method":"CASH","payment_provider_ref":null,"prices_include_tax":true,"receipt_number":"POS_01-000001","rounding_amount":0,"rung_up_at":"2026-11-20T01:30:00+00:00","sold_at":"2026-11-20T01:30:00+00:00","store_id":"STORE_001","subtotal":35000,"tax_amount":3014,"taxes":[{"gross_amount":10000,"net_amount":9259,"tax_amount":741,"tax_rate":"0.08"},{"gross_amount":25000,"net_amount":22727,"tax_amount":2273,"tax_rate":"0.1"}],"tenders":[{"amount":35000,"change":0,"payment_id":"00000000-0000-0000-0000-000000000004","payment_method":"CASH","provider":null,"provider_txn_id":null,"tendered":35000}],"terminal_id":"POS_01","total_amount":35000,"transaction_id":"00000000-0000-0000-0000-000000000001"},"previous_hash":"0000000000000000000000000000000000000000000000000000000000000000","sequence":1,"store_id":"STORE_001","terminal_id":"POS_01","timestamp":"2026-11-20T01:30:00+00:00","version":1}','2026-11-20T01:30:00.000000+00:00');
INSERT INTO "outbox" VALUES(2,'00000000000000000000000000000005','SaleRecorded','transaction','00000000-0000-0000-0000-000000000005','STORE_001/POS_01',2,'{"event_id":"00000000-0000-0000-0000-000000000005","event_type":"SaleRecorded","hash":"df86d353d09041be1b3010d5a46ea64b30a65241bfd2f074674930af56f8a81d","origin":"STORE_001/POS_01","payload":{"business_date":"2026-11-20","cashier_id":"C07","currency":"VND","discount_amount":0,"external_reference":"536365","line_items":[{"age_restricted":false,"applied_promotions":[],"barcode":"8934588012228","category":"Đồ uống","line_discount":0,"line_item_id":"00000000-0000-0000-0000-000000000006","line_subtotal":10000,"line_total":10000,"list_price":10000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Coca-Cola lon 320ml","promotion_discount":0,"quantity":1,"sku_id":"COLA","tax_amount":741,"tax_rate":"0.08","unit":"piece","unit_price":10000},{"age_restricted":false,"applied_promotions":[],"barcode":"036000291452","category":"Bánh","line_discount":0,"line_item_id":"00000000-0000-0000-0000-000000000007","line_subtotal":25000,"line_total":25000,"list_price":25000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Bánh mì sandwich","promotion_discount":0,"quantity":1,"sku_id":"BREAD","tax_amount":2273,"tax_rate":"0.1","unit":"piece","unit_price":25000}],"payment_method":"CASH","payment_provider_ref":null,"prices_include_tax":true,"receipt_number":"POS_01-000002","rounding_amount":0,"rung_up_at":"2026-11-20T01:31:00+00:00","sold_at":"2026-11-20T01:31:00+00:00","store_id":"STORE_001","subtotal":35000,"tax_amount":3014,"taxes":[{"gross_amount":10000,"net_amount":9259,"tax_amount":741,"tax_rate":"0.08"},{"gross_amount":25000,"net_amount":22727,"tax_amount":2273,"tax_rate":"0.1"}],"tenders":[{"amount":35000,"change":15000,"payment_id":"00000000-0000-0000-0000-000000000008","payment_method":"CASH","provider":null,"provider_txn_id":null,"tendered":50000}],"terminal_id":"POS_01","total_amount":35000,"transaction_id":"00000000-0000-0000-0000-000000000005"},"previous_hash":"1264ae1871c68d986e0fc8d89e1e4c5fc11ae26b1f67724c7c6ff4a6fd75a79f","sequence":2,"store_id":"STORE_001","terminal_id":"POS_01","timestamp":"2026-11-20T01:31:00+00:00","version":1}','2026-11-20T01:31:00.000000+00:00');
INSERT INTO "outbox" VALUES(3,'00000000000000000000000000000009','SaleRecorded','transaction','00000000-0000-0000-0000-000000000009','STORE_001/POS_01',3,'{"event_id":"00000000-0000-0000-0000-000000000009","event_type":"SaleRecorded","hash":"f66414e00a792dd065d8a2c8d7fa1cbe4011d231535fb28db32394e93b6deac3","origin":"STORE_001/POS_01","payload":{"business_date":"2026-11-20","cashier_id":"C07","currency":"VND","discount_amount":0,"external_reference":null,"line_items":[{"age_restricted":false,"applied_promotions":[],"barcode":"8938505974194","category":"Đồ uống","line_discount":0,"line_item_id":"01a229b0-9359-72ad-884c-17a2101e364b","line_subtotal":25000,"line_total":25000,"list_price":25000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Cà phê sữa đá","promotion_discount":0,"quantity":1,"sku_id":"SKU_COFFEE","tax_amount":1852,"tax_rate":"0.08","unit":"piece","unit_price":25000}],"payment_method":"CASH","payment_provider_ref":null,"prices_include_tax":true,"receipt_number":"POS_01-000003","rounding_amount":0,"sold_at":"2026-11-20T01:32:00+00:00","store_id":"STORE_001","subtotal":25000,"tax_amount":1852,"taxes":[{"gross_amount":25000,"net_amount":23148,"tax_amount":1852,"tax_rate":"0.08"}],"tenders":[{"amount":25000,"change":0,"payment_id":"01a229b0-9359-72ad-884c-17a49c2bca6c","payment_method":"CASH","provider":null,"provider_txn_id":null,"tendered":25000}],"terminal_id":"POS_01","total_amount":25000,"transaction_id":"00000000-0000-0000-0000-000000000009","vouchers":[{"code":"TET-1","promo_id":"TET"}]},"previous_hash":"df86d353d09041be1b3010d5a46ea64b30a65241bfd2f074674930af56f8a81d","sequence":3,"store_id":"STORE_001","terminal_id":"POS_01","timestamp":"2026-11-20T01:32:00+00:00","version":1}','2026-11-20T01:32:00.000000+00:00');
INSERT INTO "outbox" VALUES(4,'0000000000000000000000000000000a','SaleRecorded','transaction','00000000-0000-0000-0000-00000000000a','STORE_001/POS_01',4,'{"event_id":"00000000-0000-0000-0000-00000000000a","event_type":"SaleRecorded","hash":"29ed935e09cc043aebddde089cae38471d8a8fe265e831033fe38666adb464c9","origin":"STORE_001/POS_01","payload":{"business_date":"2026-11-20","cashier_id":"C07","currency":"VND","discount_amount":0,"external_reference":null,"line_items":[{"age_restricted":false,"applied_promotions":[],"barcode":"8934588012228","category":"Đồ uống","line_discount":0,"line_item_id":"00000000-0000-0000-0000-00000000000b","line_subtotal":10000,"line_total":10000,"list_price":10000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Coca-Cola lon 320ml","promotion_discount":0,"quantity":1,"sku_id":"COLA","tax_amount":741,"tax_rate":"0.08","unit":"piece","unit_price":10000},{"age_restricted":false,"applied_promotions":[],"barcode":"036000291452","category":"Bánh","line_discount":0,"line_item_id":"00000000-0000-0000-0000-00000000000c","line_subtotal":25000,"line_total":25000,"list_price":25000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Bánh mì sandwich","promotion_discount":0,"quantity":1,"sku_id":"BREAD","tax_amount":2273,"tax_rate":"0.1","unit":"piece","unit_price":25000}],"payment_method":"CASH","payment_provider_ref":null,"prices_include_tax":true,"receipt_number":"POS_01-000004","rounding_amount":0,"rung_up_at":"2026-11-20T01:33:00+00:00","sold_at":"2026-11-20T01:33:00+00:00","store_id":"STORE_001","subtotal":35000,"tax_amount":3014,"taxes":[{"gross_amount":10000,"net_amount":9259,"tax_amount":741,"tax_rate":"0.08"},{"gross_amount":25000,"net_amount":22727,"tax_amount":2273,"tax_rate":"0.1"}],"tenders":[{"amount":35000,"change":0,"payment_id":"00000000-0000-0000-0000-00000000000d","payment_method":"CASH","provider":null,"provider_txn_id":null,"tendered":35000}],"terminal_id":"POS_01","total_amount":35000,"transaction_id":"00000000-0000-0000-0000-00000000000a"},"previous_hash":"f66414e00a792dd065d8a2c8d7fa1cbe4011d231535fb28db32394e93b6deac3","sequence":4,"store_id":"STORE_001","terminal_id":"POS_01","timestamp":"2026-11-20T01:33:00+00:00","version":1}','2026-11-20T01:33:00.000000+00:00');
CREATE TABLE sales (
        sequence INTEGER PRIMARY KEY, cashier_id TEXT NOT NULL, business_date TEXT NOT NULL,
        sold_at TEXT NOT NULL, total_amount INTEGER NOT NULL, external_reference TEXT
    );
INSERT INTO "sales" VALUES(1,'C07','2026-11-20','2026-11-20T01:30:00.000000+00:00',35000,NULL);
INSERT INTO "sales" VALUES(2,'C07','2026-11-20','2026-11-20T01:31:00.000000+00:00',35000,'536365');
INSERT INTO "sales" VALUES(3,'C07','2026-11-20','2026-11-20T01:32:00.000000+00:00',25000,NULL);
INSERT INTO "sales" VALUES(4,'C07','2026-11-20','2026-11-20T01:33:00.000000+00:00',35000,NULL);
CREATE TABLE sync_cursors (
	cursor_name VARCHAR(150) NOT NULL, 
	cursor_value BIGINT NOT NULL, 
	updated_at VARCHAR(40) NOT NULL, 
	PRIMARY KEY (cursor_name)
);
INSERT INTO "sync_cursors" VALUES('acknowledged',1,'2026-11-20T01:31:00.000000+00:00');
CREATE TABLE till (
        store_id TEXT NOT NULL, terminal_id TEXT NOT NULL, PRIMARY KEY (store_id, terminal_id)
    ) WITHOUT ROWID;
INSERT INTO "till" VALUES('STORE_001','POS_01');
CREATE TABLE voucher_uses (
        code TEXT NOT NULL, sale_id TEXT NOT NULL, used_at TEXT NOT NULL, PRIMARY KEY (code, sale_id)
    ) WITHOUT ROWID;
INSERT INTO "voucher_uses" VALUES('TET-1','00000000-0000-0000-0000-000000000009','2026-11-20T01:32:00.000000+00:00');
CREATE UNIQUE INDEX idx_sales_external_reference
        ON sales (external_reference) WHERE external_reference IS NOT NULL;
PRAGMA user_version = 2;
COMMIT;
