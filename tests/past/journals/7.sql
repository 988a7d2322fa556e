BEGIN TRANSACTION;
CREATE TABLE drafts (
        place INTEGER PRIMARY KEY, sale_id TEXT NOT NULL, body TEXT NOT NULL, updated_at TEXT NOT NULL
    );
INSERT INTO "drafts" VALUES(1,'00000000000000000000000000000015','{"sale_id":"00000000-0000-0000-0000-000000000015","currency":"VND","prices_include_tax":true,"lines":[{"line_item_id":"00000000-0000-0000-0000-000000000016","sku_id":"BREAD","barcode":"036000291452","product_name":"Bánh mì sandwich","category":"Bánh","quantity":1,"unit_price":25000,"list_price":25000,"tax_rate":"0.10","unit":"piece","price_version":1,"line_discount":0,"override_reason":null,"pack_of":null,"pack_size":1,"age_restricted":false,"approved_by":null}],"tenders":[],"qr":null,"savings":[],"rung_up_at":null,"age":null,"customer":{"member":null,"vouchers":[]},"slip":null}','2026-11-20T01:36:00.000000+00:00');
INSERT INTO "drafts" VALUES(2,'00000000000000000000000000000011','{"sale_id":"00000000-0000-0000-0000-000000000011","currency":"VND","prices_include_tax":true,"lines":[{"line_item_id":"00000000-0000-0000-0000-000000000012","sku_id":"COFFEE","barcode":"8938505974194","product_name":"Cà phê sữa đá Highlands 235ml","category":"Đồ uống","quantity":1,"unit_price":18000,"list_price":18000,"tax_rate":"0.08","unit":"piece","price_version":1,"line_discount":0,"override_reason":null,"pack_of":null,"pack_size":1,"age_restricted":false,"approved_by":null},{"line_item_id":"00000000-0000-0000-0000-000000000013","sku_id":"COLA","barcode":"8934588012228","product_name":"Coca-Cola lon 320ml","category":"Đồ uống","quantity":1,"unit_price":10000,"list_price":10000,"tax_rate":"0.08","unit":"piece","price_version":1,"line_discount":0,"override_reason":null,"pack_of":null,"pack_size":1,"age_restricted":false,"approved_by":null}],"tenders":[],"qr":null,"savings":[],"rung_up_at":null,"age":null,"customer":{"member":null,"vouchers":[]},"slip":{"label":"the lady with the dog","parked_at":"2026-11-20T01:36:00+00:00","parked_by":"Nguyễn Thị Lan","total_amount":28000,"at_hub":"no"}}','2026-11-20T01:36:00.000000+00:00');
CREATE TABLE heads (
	name VARCHAR(100) NOT NULL, 
	value BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "heads" VALUES('outbox',6);
CREATE TABLE inherited (sequence INTEGER PRIMARY KEY, payload TEXT NOT NULL);
CREATE TABLE left_codes (payment_id TEXT PRIMARY KEY, sale_id TEXT NOT NULL,
        payment_method TEXT NOT NULL, amount INTEGER NOT NULL, left_at TEXT NOT NULL);
CREATE TABLE origins (
	origin VARCHAR(150) NOT NULL, 
	sequence BIGINT NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	heard_at VARCHAR(40), 
	PRIMARY KEY (origin)
);
INSERT INTO "origins" VALUES('STORE_001/POS_01',6,'d5e77f08b97cb85cec0333a92d1a308d094ec13becf86033fb4d1982af2c10f6','2026-11-20T01:35:00.000000+00:00');
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
INSERT INTO "outbox" VALUES(1,'00000000000000000000000000000001','ShiftOpened','Shift','00000000-0000-0000-0000-000000000002','STORE_001/POS_01',1,'{"event_id":"00000000-0000-0000-0000-000000000001","event_type":"ShiftOpened","hash":"e7ed35e5b6ac55e7f30373ce765441cd4768103c4202ca5df56720085fbd9b04","origin":"STORE_001/POS_01","payload":{"business_date":"2026-11-20","cashier_id":"C07","counted":[],"currency":"VND","float_amount":500000,"opened_at":"2026-11-20T01:30:00+00:00","shift_id":"00000000-0000-0000-0000-000000000002","store_id":"STORE_001","terminal_id":"POS_01"},"previous_hash":"0000000000000000000000000000000000000000000000000000000000000000","sequence":1,"store_id":"STORE_001","terminal_id":"POS_01","timestamp":"2026-11-20T01:30:00+00:00","version":1}','2026-11-20T01:30:00.000000+00:00');
INSERT INTO "outbox" VALUES(2,'00000000000000000000000000000003','SaleRecorded','transaction','00000000-0000-0000-0000-000000000003','STORE_001/POS_01',2,'{"event_id":"00000000-0000-0000-0000-000000000003","event_type":"SaleRecorded","hash":"cee09f1a4de92e175fd3e1798f7e21d4eea6aeeb65724998419dea34f81b332e","origin":"STORE_001/POS_01","payload":{"business_date":"2026-11-20","cashier_id":"C07","currency":"VND","discount_amount":0,"external_reference":null,"line_items":[{"age_restricted":false,"applied_promotions":[],"barcode":"8934588012228","category":"Đồ uống","line_discount":0,"line_item_id":"00000000-0000-0000-0000-000000000004","line_subtotal":10000,"line_total":10000,"list_price":10000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Coca-Cola lon 320ml","promotion_discount":0,"quantity":1,"sku_id":"COLA","tax_amount":741,"tax_rate":"0.08","unit":"piece","unit_price":10000},{"age_restricted":false,"applied_promotions":[],"barcode":"036000291452","category":"Bánh","line_discount":0,"line_item_id":"00000000-0000-0000-0000-000000000005","line_subtotal":25000,"line_total":25000,"list_price":25000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Bánh mì sandwich","promotion_discount":0,"quantity":1,"sku_id":"BREAD","tax_amount":2273,"tax_rate":"0.1","unit":"piece","unit_price":25000}],"payment_method":"CASH","payment_provider_ref":null,"prices_include_tax":true,"receipt_number":"POS_01-000002","rounding_amount":0,"rung_up_at":"2026-11-20T01:31:00+00:00","sold_at":"2026-11-20T01:31:00+00:00","store_id":"STORE_001","subtotal":35000,"tax_amount":3014,"taxes":[{"gross_amount":10000,"net_amount":9259,"tax_amount":741,"tax_rate":"0.08"},{"gross_amount":25000,"net_amount":22727,"tax_amount":2273,"tax_rate":"0.1"}],"tenders":[{"amount":35000,"change":0,"payment_id":"00000000-0000-0000-0000-000000000006","payment_method":"CASH","provider":null,"provider_txn_id":null,"tendered":35000}],"terminal_id":"POS_01","total_amount":35000,"transaction_id":"00000000-0000-0000-0000-000000000003"},"previous_hash":"e7ed35e5b6ac55e7f30373ce765441cd4768103c4202ca5df56720085fbd9b04","sequence":2,"store_id":"STORE_001","terminal_id":"POS_01","timestamp":"2026-11-20T01:31:00+00:00","version":1}','2026-11-20T01:31:00.000000+00:00');
INSERT INTO "outbox" VALUES(3,'00000000000000000000000000000007','SaleRecorded','transaction','00000000-0000-0000-0000-000000000007','STORE_001/POS_01',3,'{"event_id":"00000000-0000-0000-0000-000000000007","event_type":"SaleRecorded","hash":"1cbb13b57ca73cc8388256d34f43c111a0cccca4a3c25a2d85b9a07670f29627","origin":"STORE_001/POS_01","payload":{"business_date":"2026-11-20","cashier_id":"C07","currency":"VND","discount_amount":0,"external_reference":"536365","line_items":[{"age_restricted":false,"applied_promotions":[],"barcode":"8934588012228","category":"Đồ uống","line_discount":0,"line_item_id":"00000000-0000-0000-0000-000000000008","line_subtotal":10000,"line_total":10000,"list_price":10000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Coca-Cola lon 320ml","promotion_discount":0,"quantity":1,"sku_id":"COLA","tax_amount":741,"tax_rate":"0.08","unit":"piece","unit_price":10000},{"age_restricted":false,"applied_promotions":[],"barcode":"036000291452","category":"Bánh","line_discount":0,"line_item_id":"00000000-0000-0000-0000-000000000009","line_subtotal":25000,"line_total":25000,"list_price":25000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Bánh mì sandwich","promotion_discount":0,"quantity":1,"sku_id":"BREAD","tax_amount":2273,"tax_rate":"0.1","unit":"piece","unit_price":25000}],"payment_method":"CASH","payment_provider_ref":null,"prices_include_tax":true,"receipt_number":"POS_01-000003","rounding_amount":0,"rung_up_at":"2026-11-20T01:32:00+00:00","sold_at":"2026-11-20T01:32:00+00:00","store_id":"STORE_001","subtotal":35000,"tax_amount":3014,"taxes":[{"gross_amount":10000,"net_amount":9259,"tax_amount":741,"tax_rate":"0.08"},{"gross_amount":25000,"net_amount":22727,"tax_amount":2273,"tax_rate":"0.1"}],"tenders":[{"amount":35000,"change":15000,"payment_id":"00000000-0000-0000-0000-00000000000a","payment_method":"CASH","provider":null,"provider_txn_id":null,"tendered":50000}],"terminal_id":"POS_01","total_amount":35000,"transaction_id":"00000000-0000-0000-0000-000000000007"},"previous_hash":"cee09f1a4de92e175fd3e1798f7e21d4eea6aeeb65724998419dea34f81b332e","sequence":3,"store_id":"STORE_001","terminal_id":"POS_01","timestamp":"2026-11-20T01:32:00+00:00","version":1}','2026-11-20T01:32:00.000000+00:00');
INSERT INTO "outbox" VALUES(4,'0000000000000000000000000000000b','SaleRecorded','transaction','00000000-0000-0000-0000-00000000000b','STORE_001/POS_01',4,'{"event_id":"00000000-0000-0000-0000-00000000000b","event_type":"SaleRecorded","hash":"8f4736e306911a2f7eacdf97acf58f523dcd5b062476ab702afaf43f9ef89d42","origin":"STORE_001/POS_01","payload":{"business_date":"2026-11-20","cashier_id":"C07","currency":"VND","discount_amount":0,"external_reference":null,"line_items":[{"age_restricted":false,"applied_promotions":[],"barcode":"8938505974194","category":"Đồ uống","line_discount":0,"line_item_id":"01a229b0-b1ad-7252-94c0-fff57ef2b0ad","line_subtotal":25000,"line_total":25000,"list_price":25000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Cà phê sữa đá","promotion_discount":0,"quantity":1,"sku_id":"SKU_COFFEE","tax_amount":1852,"tax_rate":"0.08","unit":"piece","unit_price":25000}],"payment_method":"CASH","payment_provider_ref":null,"prices_include_tax":true,"receipt_number":"POS_01-000004","rounding_amount":0,"sold_at":"2026-11-20T01:33:00+00:00","store_id":"STORE_001","subtotal":25000,"tax_amount":1852,"taxes":[{"gross_amount":25000,"net_amount":23148,"tax_amount":1852,"tax_rate":"0.08"}],"tenders":[{"amount":25000,"change":0,"payment_id":"01a229b0-b1ae-7153-b4d3-e002db961672","payment_method":"CASH","provider":null,"provider_txn_id":null,"tendered":25000}],"terminal_id":"POS_01","total_amount":25000,"transaction_id":"00000000-0000-0000-0000-00000000000b","vouchers":[{"code":"TET-1","promo_id":"TET"}]},"previous_hash":"1cbb13b57ca73cc8388256d34f43c111a0cccca4a3c25a2d85b9a07670f29627","sequence":4,"store_id":"STORE_001","terminal_id":"POS_01","timestamp":"2026-11-20T01:33:00+00:00","version":1}','2026-11-20T01:33:00.000000+00:00');
INSERT INTO "outbox" VALUES(5,'0000000000000000000000000000000c','TransactionVoided','transaction','00000000-0000-0000-0000-00000000000b','STORE_001/POS_01',5,'{"event_id":"00000000-0000-0000-0000-00000000000c","event_type":"TransactionVoided","hash":"6e61f6a29a3b47ddad4229114ab8c58dde3db2cd19ba1d07594df013cd61aeb2","origin":"STORE_001/POS_01","payload":{"amount":25000,"approved_by":"MANAGER_001","business_date":"2026-11-20","reason":"customer changed their mind","store_id":"STORE_001","tenders":[],"terminal_id":null,"transaction_id":"00000000-0000-0000-0000-00000000000b","voided_at":"2026-11-20T01:34:00+00:00","voided_by":"MANAGER_001"},"previous_hash":"8f4736e306911a2f7eacdf97acf58f523dcd5b062476ab702afaf43f9ef89d42","sequence":5,"store_id":"STORE_001","terminal_id":"POS_01","timestamp":"2026-11-20T01:34:00+00:00","version":1}','2026-11-20T01:34:00.000000+00:00');
INSERT INTO "outbox" VALUES(6,'0000000000000000000000000000000d','SaleRecorded','transaction','00000000-0000-0000-0000-00000000000d','STORE_001/POS_01',6,'{"event_id":"00000000-0000-0000-0000-00000000000d","event_type":"SaleRecorded","hash":"d5e77f08b97cb85cec0333a92d1a308d094ec13becf86033fb4d1982af2c10f6","origin":"STORE_001/POS_01","payload":{"business_date":"2026-11-20","cashier_id":"C07","currency":"VND","discount_amount":0,"external_reference":null,"line_items":[{"age_restricted":false,"applied_promotions":[],"barcode":"8934588012228","category":"Đồ uống","line_discount":0,"line_item_id":"00000000-0000-0000-0000-00000000000e","line_subtotal":10000,"line_total":10000,"list_price":10000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Coca-Cola lon 320ml","promotion_discount":0,"quantity":1,"sku_id":"COLA","tax_amount":741,"tax_rate":"0.08","unit":"piece","unit_price":10000},{"age_restricted":false,"applied_promotions":[],"barcode":"036000291452","category":"Bánh","line_discount":0,"line_item_id":"00000000-0000-0000-0000-00000000000f","line_subtotal":25000,"line_total":25000,"list_price":25000,"override_reason":null,"pack_of":null,"pack_size":1,"price_version":1,"product_name":"Bánh mì sandwich","promotion_discount":0,"quantity":1,"sku_id":"BREAD","tax_amount":2273,"tax_rate":"0.1","unit":"piece","unit_price":25000}],"payment_method":"CASH","payment_provider_ref":null,"prices_include_tax":true,"receipt_number":"POS_01-000006","rounding_amount":0,"rung_up_at":"2026-11-20T01:35:00+00:00","sold_at":"2026-11-20T01:35:00+00:00","store_id":"STORE_001","subtotal":35000,"tax_amount":3014,"taxes":[{"gross_amount":10000,"net_amount":9259,"tax_amount":741,"tax_rate":"0.08"},{"gross_amount":25000,"net_amount":22727,"tax_amount":2273,"tax_rate":"0.1"}],"tenders":[{"amount":35000,"change":0,"payment_id":"00000000-0000-0000-0000-000000000010","payment_method":"CASH","provider":null,"provider_txn_id":null,"tendered":35000}],"terminal_id":"POS_01","total_amount":35000,"transaction_id":"00000000-0000-0000-0000-00000000000d"},"previous_hash":"6e61f6a29a3b47ddad4229114ab8c58dde3db2cd19ba1d07594df013cd61aeb2","sequence":6,"store_id":"STORE_001","terminal_id":"POS_01","timestamp":"2026-11-20T01:35:00+00:00","version":1}','2026-11-20T01:35:00.000000+00:00');
CREATE TABLE returns (
        sequence INTEGER PRIMARY KEY, transaction_id TEXT, event_type TEXT NOT NULL, amount INTEGER NOT NULL
    );
INSERT INTO "returns" VALUES(5,'00000000-0000-0000-0000-00000000000b','TransactionVoided',25000);
CREATE TABLE sales (
        sequence INTEGER PRIMARY KEY, cashier_id TEXT NOT NULL, business_date TEXT NOT NULL,
        sold_at TEXT NOT NULL, total_amount INTEGER NOT NULL, external_reference TEXT
    );
INSERT INTO "sales" VALUES(2,'C07','2026-11-20','2026-11-20T01:31:00.000000+00:00',35000,NULL);
INSERT INTO "sales" VALUES(3,'C07','2026-11-20','2026-11-20T01:32:00.000000+00:00',35000,'536365');
INSERT INTO "sales" VALUES(4,'C07','2026-11-20','2026-11-20T01:33:00.000000+00:00',25000,NULL);
INSERT INTO "sales" VALUES(6,'C07','2026-11-20','2026-11-20T01:35:00.000000+00:00',35000,NULL);
CREATE TABLE second_histories (
    first_sequence INTEGER, last_sequence INTEGER, found_at TEXT NOT NULL, handed_in_at TEXT,
    PRIMARY KEY (first_sequence, last_sequence)
) WITHOUT ROWID;
CREATE TABLE shifts (
        opened_sequence INTEGER PRIMARY KEY, closed_sequence INTEGER
    );
INSERT INTO "shifts" VALUES(1,NULL);
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
INSERT INTO "voucher_uses" VALUES('TET-1','00000000-0000-0000-0000-00000000000b','2026-11-20T01:33:00.000000+00:00');
CREATE UNIQUE INDEX idx_sales_external_reference
        ON sales (external_reference) WHERE external_reference IS NOT NULL;
CREATE INDEX idx_returns_transaction ON returns (transaction_id);
PRAGMA user_version = 7;
COMMIT;
