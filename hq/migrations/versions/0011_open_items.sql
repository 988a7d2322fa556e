-- Goods that no catalogue knows: few lines among all, and looked for often.
CREATE INDEX idx_line_items_open ON line_items (business_date) WHERE sku_id = 'OPEN';
