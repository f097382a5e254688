//! Messages of the CAN adapter that the vectors do not have.

use tinybms_proto::can::{CanError, Content, Messages, Node, Query, Reply, Series};
use tinybms_proto::{BuildError, Command, NackCode, Seconds};

fn reply(data: &[u8]) -> Reply {
    Reply::parse(data).unwrap()
}

#[test]
fn a_message_that_is_missing_or_comes_twice_is_named() {
    let mut series = Series::new(Command::CELL_VOLTAGES);
    let message = |index| reply(&[1, 0x1C, 2, 0x82, 0x9B, index]);
    assert_eq!(series.push(&message(0)), Ok(Content::Word(0x9B82)));
    let twice = CanError::Index {
        expected: 1,
        found: 0,
    };
    assert_eq!(series.push(&message(0)), Err(twice));
    let missing = CanError::Index {
        expected: 1,
        found: 2,
    };
    assert_eq!(series.push(&message(2)), Err(missing));
    assert_eq!(series.push(&message(1)), Ok(Content::Word(0x9B82)));
}

#[test]
fn the_first_message_of_the_events_is_the_time() {
    let mut series = Series::new(Command::NEWEST_EVENTS);
    let now = series.push(&reply(&[1, 0x11, 4, 0x10, 0, 0, 1, 0]));
    assert_eq!(now, Ok(Content::Now(Seconds::new(0x0100_0010))));
    let Ok(Content::Event(Some(event))) =
        series.push(&reply(&[1, 0x11, 4, 0xF0, 0xFF, 0xFF, 0x61, 1]))
    else {
        panic!("no event");
    };
    assert_eq!((event.time.get(), event.id.number()), (0x00FF_FFF0, 0x61));
    let empty = series.push(&reply(&[1, 0x11, 4, 0, 0, 0, 0, 2]));
    assert_eq!(empty, Ok(Content::Event(None)));
}

#[test]
fn refusals_and_replies_to_others_are_not_values() {
    let refused = reply(&[0, 0x1C, 7]);
    let mut series = Series::new(Command::CELL_VOLTAGES);
    assert_eq!(
        series.push(&refused),
        Err(CanError::Refused(NackCode::Other(7)))
    );
    let other = CanError::Command {
        found: Command::STATUS,
    };
    assert_eq!(series.push(&reply(&[1, 0x18, 0x97, 0])), Err(other));
    assert_eq!(Reply::parse(&[2, 0x18, 0, 0]).err(), Some(CanError::Form));
    assert_eq!(
        Reply::parse(&[1]).err(),
        Some(CanError::Length { found: 1 })
    );
    assert_eq!(
        reply(&[1, 0x18, 0x97]).word(),
        Err(CanError::Length { found: 1 })
    );
}

#[test]
fn a_write_is_one_message_a_register() {
    let messages: Vec<Vec<u8>> = Messages::write(Node::DEFAULT, 315, &[4_200, 2_500])
        .unwrap()
        .map(|message| {
            assert_eq!(message.id().as_raw(), 0x201);
            message.data().to_vec()
        })
        .collect();
    assert_eq!(
        messages,
        [
            [0x10, 0x01, 0x3B, 0x00, 0x02, 0x10, 0x68, 0],
            [0x10, 0x01, 0x3B, 0x00, 0x02, 0x09, 0xC4, 1],
        ]
    );
    let confirmed = reply(&[1, 0x10, 0x01, 0x3B, 0x00, 0x02]).confirmation();
    assert_eq!(confirmed, Ok((315, 2)));
    assert!(Messages::write(Node::DEFAULT, 399, &[0, 0]).is_err());
    assert!(Messages::write(Node::DEFAULT, 300, &[]).is_err());
}

#[test]
fn commands_that_the_adapter_does_not_have_are_refused() {
    for code in [0x00, 0x07, 0x09, 0x0B, 0x0D, 0x1D, 0x1F, 0x21] {
        let found = u16::from(code);
        let refused = Query::Value(Command::new(code))
            .message(Node::DEFAULT)
            .err();
        assert_eq!(refused, Some(BuildError::InvalidArgument { found }));
    }
    let past_the_end = Query::Read {
        start: 65_535,
        count: 2,
    };
    assert!(past_the_end.message(Node::DEFAULT).is_err());
}

#[test]
fn nodes_are_1_to_63() {
    assert_eq!(Node::new(0), None);
    assert_eq!(Node::new(64), None);
    let node = Node::new(63).unwrap();
    assert_eq!(
        (node.request_id().as_raw(), node.reply_id().as_raw()),
        (0x23F, 0x27F)
    );
    assert_eq!(Node::from_reply_id(node.reply_id()), Some(node));
    let set = Query::SetNode(node).message(Node::DEFAULT).unwrap();
    assert_eq!(
        (set.id().as_raw(), set.data()),
        (0x201, [0x29, 63].as_slice())
    );
    assert_eq!(reply(&[1, 0x29, 63]).node(), Ok(node));
    assert!(reply(&[1, 0x28, 0]).node().is_err());
}
