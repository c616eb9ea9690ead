import CProtobufC
import Synchronization

/// Connects the descriptors of a schema and of everything reachable from it.
///
/// Happens on first use and not at creation: schemas may contain each other. The lock is held while
/// type closures run; they initialise other schemas, which never takes this lock.
enum SchemaLinker {
  private static let lock = Mutex(())

  static func link(_ root: MessageSchema) {
    lock.withLock { _ in
      var reached: [MessageSchema] = []
      var seen: Set<ObjectIdentifier> = []
      var pending = [root]
      while let schema = pending.popLast() {
        if schema.linked.load(ordering: .relaxed) { continue }
        guard seen.insert(ObjectIdentifier(schema)).inserted else { continue }
        reached.append(schema)
        for (index, field) in schema.fields.enumerated() {
          guard let target = field.type.messageSchema else { continue }
          schema.layout.pointee.fields[index].sub = UnsafePointer(target.layout)
          schema.layout.pointee.cFields[index].descriptor =
            UnsafeRawPointer(target.layout.pointee.descriptor)
          pending.append(target)
        }
      }
      // Only now is every path from each of them complete.
      for schema in reached { schema.linked.store(true, ordering: .releasing) }
    }
  }
}
