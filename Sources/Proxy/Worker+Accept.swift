internal import Addressing
internal import Bytes
internal import Kernel
internal import Reactor
internal import Settings
internal import Telemetry

/// Accepting: the first step of a request's way.
extension Worker {
    /// Takes the connections that wait at a listener, at most so many in one turn: the listener's
    /// event stays for the rest.
    mutating func acceptConnections(_ listener: Int) {
        for _ in 0..<Limits.acceptsPerTurn {
            guard acceptConnection(listener) else { return }
        }
    }

    /// Takes the next connection; false when there is none, or none can be had now.
    private mutating func acceptConnection(_ listener: Int) -> Bool {
        guard crew.takeDescriptor(for: .downstream) else {
            pauseAccepting(listener)
            return false
        }
        guard let accepted = listeners[listener].socket?.accept() else {
            crew.giveDescriptorBack()
            return false
        }
        switch consume accepted {
        case .connection(let socket, from: let client):
            place(socket, from: client.address, listener: listener)
            return true
        case .aborted:
            crew.giveDescriptorBack()
            return true
        case .none:
            crew.giveDescriptorBack()
            return false
        case .failed:
            crew.giveDescriptorBack()
            pauseAccepting(listener)
            return false
        }
    }

    /// Keeps a connection, or hands it to a worker that has fewer.
    private mutating func place(_ socket: consuming Socket, from client: IPAddress, listener: Int) {
        let home = crew.home(forConnectionOf: number)
        crew.connectionOpened(by: home)
        if home == number {
            serve(socket, from: client, listener: listener)
        } else {
            let handed = HandedConnection(
                descriptor: socket.release(), client: client, listener: listener)
            crew.mailboxes[home].leave(.adopt(handed))
        }
    }

    /// Begins to serve a client's connection, which is counted already.
    mutating func serve(_ socket: consuming Socket, from client: IPAddress, listener: Int) {
        var connection = Connection(from: client, listener: listener, socket: socket)
        connection.opening = listeners[listener].opening
        if let limit = takePlaces(&connection) { return turnAway(connection, by: limit) }
        let places = connection.places
        guard let token = connections.insert(connection) else {
            givePlacesBack(places, of: client, at: listener)
            crew.connectionClosed(by: number)
            crew.giveDescriptorBack()
            return
        }
        counters.downstreamOpened(listener: listener)
        let index = token.index
        if epoll.addConnection(connections[index].socket, token: token.rawValue) != nil {
            close(index)
            return
        }
        if connections[index].opening != .done { return beginOpening(index) }
        timers.set(index, to: keepaliveDeadline(ofClient: index))
    }

    /// Lets a listener rest, since an event that nobody can serve would come again at once.
    private mutating func pauseAccepting(_ listener: Int) {
        stopListening(listener)
        listeners[listener].isPaused = true
        // A rest that another listener has begun is not made longer.
        acceptAgain =
            acceptAgain ?? now.advanced(byMilliseconds: Limits.acceptPauseMilliseconds)
    }

    /// Ends the rest of all listeners when its time has come.
    mutating func endAcceptPause() {
        guard let end = acceptAgain, end <= now else { return }
        acceptAgain = nil
        for index in 0..<listeners.count where listeners[index].isPaused {
            listeners[index].isPaused = false
            startListening(index)
        }
    }

    /// Watches a listener's socket, if it has one.
    mutating func startListening(_ listener: Int) {
        let source = EventSource.listener(index: listener)
        guard let socket = listeners[listener].socket.take() else { return }
        // The socket is ours and open: the system can only refuse for lack of memory.
        let isShared = listeners[listener].isSocketShared
        if epoll.addListener(socket, token: source.rawValue, isShared: isShared) != nil {
            acceptAgain = now.advanced(byMilliseconds: Limits.acceptPauseMilliseconds)
            listeners[listener].isPaused = true
        }
        listeners[listener].socket = consume socket
    }

    private mutating func stopListening(_ listener: Int) {
        guard let socket = listeners[listener].socket.take() else { return }
        epoll.removeListener(socket)
        listeners[listener].socket = consume socket
    }

    /// Closes a listener's socket, after all that waits in it was accepted. What waits in a shared
    /// one is left: whoever started this process keeps it open, for the next process to serve.
    mutating func closeListener(_ listener: Int) {
        while !listeners[listener].isSocketShared, acceptConnection(listener) {}
        listeners[listener].isPaused = false
        listeners[listener].socket = nil
    }
}
