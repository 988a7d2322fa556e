BEGIN TRANSACTION;
CREATE TABLE drafts (
        place INTEGER PRIMARY KEY, body TEXT NOT NULL, updated_at TEXT NOT NULL
    );
INSERT INTO "drafts" VALUES(1,'{"sale_id":"00000000-0000-0000-0000-000000000010","currency":"VND","prices_include_tax":true,"lines":[{"line_item_id":"00000000-0000-0000-0000-000000000011","sku_id":"COFFEE","barcode":"8938505974194","product_name":"Cà phê sữa đá Highlands 235ml","category":"Đồ uống","quantity":1,"unit_price":18000,"list_price":18000,"tax_rate":"0.08","unit":"piece","price_version":1,"line_discount":0,"override_reason":null,"pack_of":null,"pack_size":1,"age_restricted":false},{"line_item_id":"00000000-0000-0000-0000-000000000012","sku_id":"COLA","barcode":"8934588012228","product_name":"Coca-Cola lon 320ml","category":"Đồ uống","quantity":1,"unit_price":10000,"list_price":10000,"tax_rate":"0.08","unit":"piece","price_version":1,"line_discount":0,"override_reason":null,"pack_of":null,"pack_size":1,"age_restricted":false}],"tenders":[],"qr":null}','2026-11-20T01:33:00.000000+00:00');
CREATE TABLE heads (
	name VARCHAR(100) NOT NULL, 
	value BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "heads" VALUES('outbox',3);
CREATE TABLE origins (
	origin VARCHAR(150) NOT NULL, 
	sequence BIGINT NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	heard_at VARCHAR(40), 
	PRIMARY KEY (origin)
);
INSERT INTO "origins" VALUES('STORE_001/POS_01',3,'dea9f9e67dcfbcd29979276ca337dccd1ca29b98df39a524878fc8739a6767ba','2026-11-20T01:32:00.000000+00:00');
CREATE TABLE outbox (
	id BIGINT NOT NULL, 
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
INSERT INTO "outbox" VALUES(1,'00000000000000000000000000000005','SaleRecorded','transaction','00000000-0000-0000-0000-000000000001','STORE_001/POS_01',1,'{"event_id":"00000000-0000-0000-0000-000000000005","event_type":"SaleRecorded","hash":"4cd95859fec7f3d79771627dda45a98e6b9e3aca53c7145cb8126773cfa958b6","origin":"STORE_001/POS_01","payload":{"business_date":"2026-11-20","cashier_id":"C07","currency":"VND","discount_amount":0,"external_reference":null,"line_items":[{"age_restricted":false,"applied_promotions":[],"barcode":"8934588012228","category":"Đồ uống","line_discount":0,"line_item_id":"00000000-0000-0000-0000-000000000002","line_subtotal":10000,"line_total":10000,"list_price":10000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Coca-Cola lon 320ml","quantity":1,"sku_id":"COLA","tax_amount":741,"tax_rate":"0.08","unit":"piece","unit_price":10000},{"age_restricted":false,"applied_promotions":[],"barcode":"036000291452","category":"Bánh","line_discount":0,"line_item_id":"00000000-0000-0000-0000-000000000003","line_subtotal":25000,"line_total":25000,"list_price":25000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Bánh mì sandwich","quantity":1,"sku_id":"BREAD","tax_amount":2273,"tax_rate":"0.1","unit":"piece","unit_price":25000}],"payment_method":"CASH","payment_provider_ref":null,"prices_include_tax":true,"receipt_number":"POS_01-000001","sold_at":"2026-11-20T01:30:00+00:00","store_id":"STORE_001","subtotal":35000,"tax_amount":3014,"taxes":[{"gross_amount":10000,"net_amount":9259,"tax_amount":741,"tax_rate":"0.08"},{"gross_amount":25000,"net_amount":22727,"tax_amount":2273,"tax_rate":"0.1"}],"tenders":[{"amount":35000,"change":0,"payment_id":"00000000-0000-0000-0000-000000000004","payment_method":"CASH","provider":null,"provider_txn_id":null,"tendered":35000}],"terminal_id":"POS_01","total_amount":35000,"transaction_id":"00000000-0000-0000-0000-000000000001"},"previous_hash":"0000000000000000000000000000000000000000000000000000000000000000","sequence":1,"store_id":"STORE_001","terminal_id":"POS_01","timestamp":"2026-11-20T01:30:00+00:00","version":1}','2026-11-20T01:30:00.000000+00:00');
INSERT INTO "outbox" VALUES(2,'0000000000000000000000000000000a','SaleRecorded','transaction','00000000-0000-0000-0000-000000000006','STORE_001/POS_01',2,'{"event_id":"00000000-0000-0000-0000-00000000000a","event_type":"SaleRecorded","hash":"7dcb1e7ceafe53f92ad3f85d07e9898c76532ccc003b5ab7aa2e008c6d7442c2","origin":"STORE_001/POS_01","payload":{"business_date":"2026-11-20","cashier_id":"C07","currency":"VND","discount_amount":0,"external_reference":"536365","line_items":[{"age_restricted":false,"applied_promotions":[],"barcode":"8934588012228","category":"Đồ uống","line_discount":0,"line_item_id":"00000000-0000-0000-0000-000000000007","line_subtotal":10000,"line_total":10000,"list_price":10000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Coca-Cola lon 320ml","quantity":1,"sku_id":"COLA","tax_amount":741,"tax_rate":"0.08","unit":"piece","unit_price":10000},{"age_restricted":false,"applied_promotions":[],"barcode":"036000291452","category":"Bánh","line_discount":0,"line_item_id":"00000000-0000-0000-0000-000000000008","line_subtotal":25000,"line_total":25000,"list_price":25000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Bánh mì sandwich","quantity":1,"sku_id":"BREAD","tax_amount":2273,"tax_rate":"0.1","unit":"piece","unit_price":25000}],"payment_method":"CASH","payment_provider_ref":null,"prices_include_tax":true,"receipt_number":"POS_01-000002","sold_at":"2026-11-20T01:31:00+00:00","store_id":"STORE_001","subtotal":35000,"tax_amount":3014,"taxes":[{"gross_amount":10000,"net_amount":9259,"tax_amount":741,"tax_rate":"0.08"},{"gross_amount":25000,"net_amount":22727,"tax_amount":2273,"tax_rate":"0.1"}],"tenders":[{"amount":35000,"change":15000,"payment_id":"00000000-0000-0000-0000-000000000009","payment_method":"CASH","provider":null,"provider_txn_id":null,"tendered":50000}],"terminal_id":"POS_01","total_amount":35000,"transaction_id":"00000000-0000-0000-0000-000000000006"},"previous_hash":"4cd95859fec7f3d79771627dda45a98e6b9e3aca53c7145cb8126773cfa958b6","sequence":2,"store_id":"STORE_001","terminal_id":"POS_01","timestamp":"2026-11-20T01:31:00+00:00","version":1}','2026-11-20T01:31:00.000000+00:00');
INSERT INTO "outbox" VALUES(3,'0000000000000000000000000000000f','SaleRecorded','transaction','00000000-0000-0000-0000-00000000000b','STORE_001/POS_01',3,'{"event_id":"00000000-0000-0000-0000-00000000000f","event_type":"SaleRecorded","hash":"dea9f9e67dcfbcd29979276ca337dccd1ca29b98df39a524878fc8739a6767ba","origin":"STORE_001/POS_01","payload":{"business_date":"2026-11-20","cashier_id":"C07","currency":"VND","discount_amount":0,"external_reference":null,"line_items":[{"age_restricted":false,"applied_promotions":[],"barcode":"8934588012228","category":"Đồ uống","line_discount":0,"line_item_id":"00000000-0000-0000-0000-00000000000c","line_subtotal":10000,"line_total":10000,"list_price":10000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Coca-Cola lon 320ml","quantity":1,"sku_id":"COLA","tax_amount":741,"tax_rate":"0.08","unit":"piece","unit_price":10000},{"age_restricted":false,"applied_promotions":[],"barcode":"036000291452","category":"Bánh","line_discount":0,"line_item_id":"00000000-0000-0000-0000-00000000000d","line_subtotal":25000,"line_total":25000,"list_price":25000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Bánh mì sandwich","quantity":1,"sku_id":"BREAD","tax_amount":2273,"tax_rate":"0.1","unit":"piece","unit_price":25000}],"payment_method":"CASH","payment_provider_ref":null,"prices_include_tax":true,"receipt_number":"POS_01-000003","sold_at":"2026-11-20T01:32:00+00:00","store_id":"STORE_001","subtotal":35000,"tax_amount":3014,"taxes":[{"gross_amount":10000,"net_amount":9259,"tax_amount":741,"tax_rate":"0.08"},{"gross_amount":25000,"net_amount":22727,"tax_amount":2273,"tax_rate":"0.1"}],"tenders":[{"amount":35000,"change":0,"payment_id":"00000000-0000-0000-0000-00000000000e","payment_method":"CASH","provider":null,"provider_txn_id":null,"tendered":35000}],"terminal_id":"POS_01","total_amount":35000,"transaction_id":"00000000-0000-0000-0000-00000000000b"},"previous_hash":"7dcb1e7ceafe53f92ad3f85d07e9898c76532ccc003b5ab7aa2e008c6d7442c2","sequence":3,"store_id":"STORE_001","terminal_id":"POS_01","timestamp":"2026-11-20T01:32:00+00:00","version":1}','2026-11-20T01:32:00.000000+00:00');
CREATE TABLE sales (
        sequence INTEGER PRIMARY KEY, transaction_id TEXT NOT NULL UNIQUE, cashier_id TEXT NOT NULL,
        business_date TEXT NOT NULL, sold_at TEXT NOT NULL, total_amount INTEGER NOT NULL,
        external_reference TEXT
    );
INSERT INTO "sales" VALUES(1,'00000000-0000-0000-0000-000000000001','C07','2026-11-20','2026-11-20T01:30:00.000000+00:00',35000,NULL);
INSERT INTO "sales" VALUES(2,'00000000-0000-0000-0000-000000000006','C07','2026-11-20','2026-11-20T01:31:00.000000+00:00',35000,'536365');
INSERT INTO "sales" VALUES(3,'00000000-0000-0000-0000-00000000000b','C07','2026-11-20','2026-11-20T01:32:00.000000+00:00',35000,NULL);
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
CREATE UNIQUE INDEX idx_outbox_origin_sequence ON outbox (origin, sequence);
CREATE UNIQUE INDEX idx_sales_external_reference
        ON sales (external_reference) WHERE external_reference IS NOT NULL;
PRAGMA user_version = 1;
COMMIT;
