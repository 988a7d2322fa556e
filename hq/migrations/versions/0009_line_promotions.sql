-- Each promotion with what it took off the line; `hq doctor rebuild` fills it in for what was booked before.
ALTER TABLE line_items ADD COLUMN applied_promotions JSONB;
COMMENT ON COLUMN line_items.applied_promotions IS '[{promo_id, name, discount_amount}], part of line_discount';
