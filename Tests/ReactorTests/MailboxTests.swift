import Bytes
import Kernel
import Reactor
import Testing

@Suite
struct MailboxTests {
    @Test
    func `messages are taken once, in the order in which they were left`() throws {
        let mailbox = try Mailbox<Int>()
        #expect(mailbox.takeAll().isEmpty)
        for number in 0..<5 { mailbox.leave(number) }
        #expect(mailbox.takeAll() == [0, 1, 2, 3, 4])
        #expect(mailbox.takeAll().isEmpty)
    }

    @Test
    func `the bell rings once for a batch and again for the next`() throws {
        let mailbox = try Mailbox<Int>()
        let epoll = try Epoll(batchSize: 4)
        let refusal = epoll.addCounter(mailbox.bell, token: 9)
        #expect(refusal == nil)
        for _ in 0..<3 {
            #expect(epoll.wait(milliseconds: 0) == 0)
            mailbox.leave(1)
            mailbox.leave(2)
            #expect(epoll.wait(milliseconds: 0) == 1)
            #expect(epoll.event(at: 0).token == 9)
            #expect(mailbox.takeAll() == [1, 2])
        }
    }

    @Test
    func `no message of several threads is lost, and each thread's keep their order`() throws {
        let mailbox = try Mailbox<Int>()
        let epoll = try Epoll(batchSize: 4)
        _ = epoll.addCounter(mailbox.bell, token: 0)
        let perThread = 20_000
        for thread in 0..<4 {
            try WorkerThread.start(name: "leaver") {
                for number in 0..<perThread { mailbox.leave(thread * perThread + number) }
            }
        }
        var next = (0..<4).map { $0 * perThread }
        let deadline = Instant.now().advanced(byMilliseconds: 20_000)
        var count = 0
        while count < 4 * perThread, Instant.now() < deadline {
            _ = epoll.wait(milliseconds: 1_000)
            for message in mailbox.takeAll() {
                let thread = message / perThread
                #expect(message == next[thread])
                next[thread] += 1
                count += 1
            }
        }
        #expect(count == 4 * perThread)
    }
}

@Suite
struct EventSourceTests {
    @Test(arguments: [0, 1, 63, 1 << 20])
    func `a listener's index survives the way through sixty-four bits`(index: Int) {
        let source = EventSource(rawValue: EventSource.listener(index: index).rawValue)
        guard case .listener(index) = source else {
            Issue.record("became \(source)")
            return
        }
    }

    @Test
    func `the mailbox and a connection are told apart from a listener`() {
        guard case .mailbox = EventSource(rawValue: EventSource.mailbox.rawValue) else {
            Issue.record("the mailbox became something else")
            return
        }
        let name: UInt64 = 5 << 32 | 17
        guard case .connection(let token) = EventSource(rawValue: name) else {
            Issue.record("a connection became something else")
            return
        }
        #expect(token.rawValue == name)
        #expect(EventSource.connection(token).rawValue == name)
    }
}
