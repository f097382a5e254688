"""Talks to a device as any Modbus RTU master would; one JSON object at the end.

Usage: pymodbus_client.py pty DEVICE | tcp HOST PORT
"""

import json
import sys
import time

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient

SLAVE = 170
# After a write the device stores, and hears nothing for a while.
STORING_S = 0.6


def connect(arguments):
    if arguments[0] == "pty":
        return ModbusSerialClient(
            arguments[1], framer=FramerType.RTU, baudrate=115200, timeout=1, retries=2
        )
    return ModbusTcpClient(
        arguments[1], port=int(arguments[2]), framer=FramerType.RTU, timeout=1, retries=2
    )


def read(client, address, count):
    reply = client.read_holding_registers(address, count=count, device_id=SLAVE)
    if reply.isError():
        raise SystemExit(f"read of {count} registers from {address}: {reply}")
    return reply.registers


def write(client, address, values):
    reply = client.write_registers(address, values, device_id=SLAVE)
    time.sleep(STORING_S)
    if reply.isError():
        raise SystemExit(f"write to {address}: {reply}")


def main(arguments):
    client = connect(arguments)
    if not client.connect():
        raise SystemExit(f"no connection to {arguments}")
    found = {"live": read(client, 0, 57), "long": read(client, 0, 125)}
    volts = found["live"][36:38]
    found["volts"] = client.convert_from_registers(
        volts, client.DATATYPE.FLOAT32, word_order="little"
    )
    found["before"] = read(client, 315, 2)
    write(client, 315, [4180, 2850])
    found["after"] = read(client, 315, 2)
    write(client, 319, [58])
    found["single"] = read(client, 319, 1)
    write(client, 328, [10000])
    found["set_point"] = read(client, 328, 1)
    found["charge"] = read(client, 46, 2)
    client.close()
    print(json.dumps(found))


main(sys.argv[1:])
