-- Money that came and belongs to no sale, and what a person did about it.
CREATE TABLE settled_payments (
    payment_id UUID NOT NULL,
    word TEXT NOT NULL,
    settled_by VARCHAR(50) NOT NULL,
    approved_by VARCHAR(50),
    settled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (payment_id),
    FOREIGN KEY(payment_id) REFERENCES payment_requests (id)
);
COMMENT ON TABLE settled_payments IS 'What a person did about money that belongs to no sale.';
COMMENT ON COLUMN settled_payments.word IS 'such as: given back in cash';
